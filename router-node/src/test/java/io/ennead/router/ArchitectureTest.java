package io.ennead.router;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The arrows: http -> api -> score -> generate -> model -> moe <- dispatch -> {placement, peer}.
 */
@AnalyzeClasses(packages = "io.ennead", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule arrowsPointDown =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("io.ennead.router")
          .layer("http")
          .definedBy("io.ennead.router.http..")
          .layer("api")
          .definedBy("io.ennead.router.api..")
          .layer("console")
          .definedBy("io.ennead.router.console..")
          .layer("score")
          .definedBy("io.ennead.router.score..")
          .layer("generate")
          .definedBy("io.ennead.router.generate..")
          .layer("sample")
          .definedBy("io.ennead.router.sample..")
          .layer("random")
          .definedBy("io.ennead.router.random..")
          .layer("trace")
          .definedBy("io.ennead.router.trace..")
          .layer("model")
          .definedBy("io.ennead.router.model..")
          .layer("moe")
          .definedBy("io.ennead.router.moe..")
          .layer("profile")
          .definedBy("io.ennead.router.profile..")
          .layer("feedback")
          .definedBy("io.ennead.router.feedback..")
          .layer("dispatch")
          .definedBy("io.ennead.router.dispatch..")
          .layer("balance")
          .definedBy("io.ennead.router.balance..")
          .layer("pack")
          .definedBy("io.ennead.router.pack..")
          .layer("placement")
          .definedBy("io.ennead.router.placement..")
          .layer("peer")
          .definedBy("io.ennead.router.peer..")
          .whereLayer("http")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("api")
          .mayOnlyBeAccessedByLayers("main", "http")
          .whereLayer("console")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("score")
          .mayOnlyBeAccessedByLayers("api")
          .whereLayer("generate")
          .mayOnlyBeAccessedByLayers("main", "http", "api", "score", "console", "feedback")
          .whereLayer("sample")
          .mayOnlyBeAccessedByLayers("main", "api", "score", "generate")
          .whereLayer("random")
          .mayOnlyBeAccessedByLayers("sample", "moe")
          .whereLayer("trace")
          .mayOnlyBeAccessedByLayers("main", "api", "score", "generate", "feedback")
          .whereLayer("model")
          .mayOnlyBeAccessedByLayers("main", "http", "api", "generate")
          .whereLayer("moe")
          .mayOnlyBeAccessedByLayers(
              "main",
              "api",
              "score",
              "generate",
              "trace",
              "model",
              "dispatch",
              "profile",
              "feedback",
              "pack")
          .whereLayer("feedback")
          .mayOnlyBeAccessedByLayers("main", "api")
          .whereLayer("profile")
          .mayOnlyBeAccessedByLayers("main", "api", "generate")
          .whereLayer("pack")
          .mayOnlyBeAccessedByLayers("main", "api")
          .whereLayer("balance")
          .mayOnlyBeAccessedByLayers("main", "api", "pack")
          .whereLayer("dispatch")
          .mayOnlyBeAccessedByLayers("main", "api", "balance", "console")
          .whereLayer("placement")
          .mayOnlyBeAccessedByLayers("main", "dispatch")
          .whereLayer("peer")
          .mayOnlyBeAccessedByLayers(
              "main", "api", "balance", "dispatch", "pack", "placement", "console");

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("io.ennead.router.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheModelKnowsDjl =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.router..")
          .and()
          .resideOutsideOfPackage("io.ennead.router.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..");

  @ArchTest
  static final ArchRule moeIsPlainJava =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.router.moe..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "ai.djl..",
              "io.grpc..",
              "io.ennead.expert",
              "io.ennead.expert.api..",
              "io.ennead.expert.batch..",
              "io.ennead.expert.checkpoint..",
              "io.ennead.expert.engine..",
              "io.ennead.node..");

  @ArchTest
  static final ArchRule onlyApiPeerAndMainKnowGrpc =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.ennead.router.console..",
              "io.ennead.router.moe..",
              "io.ennead.router.model..",
              "io.ennead.router.score..",
              "io.ennead.router.generate..",
              "io.ennead.router.sample..",
              "io.ennead.router.trace..",
              "io.ennead.router.random..",
              "io.ennead.router.profile..",
              "io.ennead.router.feedback..",
              "io.ennead.router.dispatch..",
              "io.ennead.router.placement..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..");

  @ArchTest
  static final ArchRule generatedTypesStopAtTheEdge =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.ennead.router.console..",
              "io.ennead.router.moe..",
              "io.ennead.router.model..",
              "io.ennead.router.score..",
              "io.ennead.router.generate..",
              "io.ennead.router.sample..",
              "io.ennead.router.trace..",
              "io.ennead.router.random..",
              "io.ennead.router.profile..",
              "io.ennead.router.feedback..",
              "io.ennead.router.dispatch..")
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "are generated messages",
                  (JavaClass type) ->
                      (type.getPackageName().equals("io.ennead.v1")
                              && !type.getSimpleName().equals("ErrorReason"))
                          || type.getPackageName().equals("inference")));

  @ArchTest
  static final ArchRule onlyItsPackageKnowsKServe =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.router..")
          .and()
          .resideOutsideOfPackage("io.ennead.router.api.kserve..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("inference..");

  @ArchTest
  static final ArchRule protocolsStandOnTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.router.api")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.ennead.router.api.*..");

  @ArchTest
  static final ArchRule theExpertNodeIsReachedOnlyThroughEngineAndCheckpoint =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.router..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.ennead.expert", "io.ennead.expert.api..", "io.ennead.expert.batch..");
}
