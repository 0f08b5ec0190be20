package io.ennead.router.api.kserve;

import inference.CudaSharedMemoryRegisterRequest;
import inference.CudaSharedMemoryRegisterResponse;
import inference.CudaSharedMemoryStatusRequest;
import inference.CudaSharedMemoryStatusResponse;
import inference.CudaSharedMemoryUnregisterRequest;
import inference.CudaSharedMemoryUnregisterResponse;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import inference.LogSettingsRequest;
import inference.LogSettingsResponse;
import inference.RepositoryModelLoadRequest;
import inference.RepositoryModelLoadResponse;
import inference.RepositoryModelUnloadRequest;
import inference.RepositoryModelUnloadResponse;
import inference.SystemSharedMemoryRegisterRequest;
import inference.SystemSharedMemoryRegisterResponse;
import inference.SystemSharedMemoryStatusRequest;
import inference.SystemSharedMemoryStatusResponse;
import inference.SystemSharedMemoryUnregisterRequest;
import inference.SystemSharedMemoryUnregisterResponse;
import inference.TraceSettingRequest;
import inference.TraceSettingResponse;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.grpc.stub.StreamObserver;

/** Triton's methods that manage what this router does not have; each says what there is instead. */
abstract class UnservedMethods extends GRPCInferenceServiceImplBase {
  private static final String MODELS = "models are chosen when the router starts";
  private static final String MEMORY = "tensors in messages";
  private static final String SETTINGS = "the router's flags --log-format and --otlp-endpoint";

  private static void refuse(StreamObserver<?> observer, String method, String instead) {
    observer.onError(
        GrpcErrors.toStatus(
            ServingException.methodUnsupported(
                "inference.GRPCInferenceService/" + method, instead)));
  }

  @Override
  public final void repositoryModelLoad(
      RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
    refuse(observer, "RepositoryModelLoad", MODELS);
  }

  @Override
  public final void repositoryModelUnload(
      RepositoryModelUnloadRequest request,
      StreamObserver<RepositoryModelUnloadResponse> observer) {
    refuse(observer, "RepositoryModelUnload", MODELS);
  }

  @Override
  public final void systemSharedMemoryStatus(
      SystemSharedMemoryStatusRequest request,
      StreamObserver<SystemSharedMemoryStatusResponse> observer) {
    refuse(observer, "SystemSharedMemoryStatus", MEMORY);
  }

  @Override
  public final void systemSharedMemoryRegister(
      SystemSharedMemoryRegisterRequest request,
      StreamObserver<SystemSharedMemoryRegisterResponse> observer) {
    refuse(observer, "SystemSharedMemoryRegister", MEMORY);
  }

  @Override
  public final void systemSharedMemoryUnregister(
      SystemSharedMemoryUnregisterRequest request,
      StreamObserver<SystemSharedMemoryUnregisterResponse> observer) {
    refuse(observer, "SystemSharedMemoryUnregister", MEMORY);
  }

  @Override
  public final void cudaSharedMemoryStatus(
      CudaSharedMemoryStatusRequest request,
      StreamObserver<CudaSharedMemoryStatusResponse> observer) {
    refuse(observer, "CudaSharedMemoryStatus", MEMORY);
  }

  @Override
  public final void cudaSharedMemoryRegister(
      CudaSharedMemoryRegisterRequest request,
      StreamObserver<CudaSharedMemoryRegisterResponse> observer) {
    refuse(observer, "CudaSharedMemoryRegister", MEMORY);
  }

  @Override
  public final void cudaSharedMemoryUnregister(
      CudaSharedMemoryUnregisterRequest request,
      StreamObserver<CudaSharedMemoryUnregisterResponse> observer) {
    refuse(observer, "CudaSharedMemoryUnregister", MEMORY);
  }

  @Override
  public final void traceSetting(
      TraceSettingRequest request, StreamObserver<TraceSettingResponse> observer) {
    refuse(observer, "TraceSetting", SETTINGS);
  }

  @Override
  public final void logSettings(
      LogSettingsRequest request, StreamObserver<LogSettingsResponse> observer) {
    refuse(observer, "LogSettings", SETTINGS);
  }
}
