package io.ennead.expert.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtEngine;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;

/**
 * One of our own TorchScript modules, loaded from a resource: the only door to the engine. Weights
 * and other state live inside the module; what crosses are numbers, strings and float rows, since
 * the binding cannot name bfloat16.
 *
 * <p>Calls from several threads are safe as far as the module's own methods allow it.
 */
public final class TorchModule implements AutoCloseable {
  private static final Set<String> X86_64 = Set.of("amd64", "x86_64");

  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final DirectBuffers buffers = new DirectBuffers();

  private TorchModule(PtNDManager manager, PtSymbolBlock block) {
    this.manager = manager;
    this.block = block;
  }

  /**
   * Loads a module.
   *
   * @param owner the class beside which the resource lies
   * @param resource name of the archive
   * @param threads native threads per call; one number for the whole process
   */
  public static TorchModule load(Class<?> owner, String resource, int threads) {
    // Arguments are made on the CPU; the modules move them to where their weights are.
    PtNDManager manager = (PtNDManager) startEngine(threads).newBaseManager(Device.cpu());
    try (InputStream archive = owner.getResourceAsStream(resource)) {
      if (archive == null) {
        throw new FileNotFoundException("resource " + resource + " beside " + owner.getName());
      }
      return new TorchModule(manager, JniUtils.loadModule(manager, archive, false, false));
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  /**
   * Starts the engine, once per process.
   *
   * @throws IllegalArgumentException when it runs with another number of threads
   */
  public static PtEngine startEngine(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    // The optimizing executor specialises on shapes, which change at every step: slower here.
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    PtEngine engine = (PtEngine) PtEngine.getEngine("PyTorch");
    if (JniUtils.getNumThreads() != threads) {
      throw new IllegalArgumentException(
          "threads: %d (expected: %d, as every node of this process: the engine has one number)"
              .formatted(threads, JniUtils.getNumThreads()));
    }
    return engine;
  }

  /** Whether the library has packed weights for a device, "cpu" or "cuda:N". */
  public static boolean packsFor(String device) {
    return device.equals("cpu") && X86_64.contains(System.getProperty("os.arch"));
  }

  /** Prepares a call of an exported method. */
  public TorchCall call(String method) {
    return new TorchCall(block, (PtNDManager) manager.newSubManager(), buffers, method);
  }

  /** How many arrays the module's manager holds: flat over calls, or something leaks. */
  int managedArrays() {
    return ((NDManager) manager).getManagedArrays().size();
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
