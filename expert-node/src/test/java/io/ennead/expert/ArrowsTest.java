package io.ennead.expert;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** api -> batch -> engine -> checkpoint, and what each may know. */
@AnalyzeClasses(packages = "io.ennead.expert", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {
  @ArchTest
  static final ArchRule noCycles =
      slices().matching("io.ennead.expert.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule djlOnlyInEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("..expert.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl..");

  @ArchTest
  static final ArchRule grpcAndMessagesOnlyInApi =
      noClasses()
          .that()
          .resideInAnyPackage("..expert.batch..", "..expert.engine..", "..expert.checkpoint..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "io.ennead.node..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule checkpointKnowsNoOther =
      noClasses()
          .that()
          .resideInAPackage("..expert.checkpoint..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..expert.engine..", "..expert.batch..", "..expert.api..");

  @ArchTest
  static final ArchRule architectureIsPureData =
      noClasses()
          .that()
          .resideInAPackage("..expert.architecture..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "..expert.architecture..", "org.jspecify..");

  @ArchTest
  static final ArchRule engineKnowsOnlyCheckpoint =
      noClasses()
          .that()
          .resideInAPackage("..expert.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..expert.batch..", "..expert.api..");

  @ArchTest
  static final ArchRule batchKnowsOnlyTheEngineItself =
      noClasses()
          .that()
          .resideInAPackage("..expert.batch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..expert.checkpoint..", "..expert.api..");

  @ArchTest
  static final ArchRule noObjectDeserialisation =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching("java\\.io\\.ObjectInputStream|java\\.beans\\.XMLDecoder");
}
