package io.ennead.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.ennead.router.model.TextCodec;
import io.ennead.router.model.TextTokenizer;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.SetLikelihood;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.score.TemperatureFit;
import io.ennead.router.score.TemperatureSolver;
import io.ennead.router.trace.Decisions;

/** Commands use the client and the nodes' front doors; clusters and pictures know no command. */
@AnalyzeClasses(packages = "io.ennead.cli", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule whatCommandsUseKnowsNoCommand =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.ennead.cli.cluster",
              "io.ennead.cli.route",
              "io.ennead.cli.kernels",
              "io.ennead.cli.transport")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.ennead.cli", "picocli..");

  /** But for the benchmark that measures gRPC beside it. */
  @ArchTest
  static final ArchRule gRpcIsTheClientsBusiness =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.ennead.cli.transport")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.grpc..").and(not(resideInAPackage("io.grpc.health.v1"))));

  /**
   * But for the fit of a temperature over several texts, which is arithmetic and no node, for a
   * model's tokenizer, and for the files of profiles, the database of ratings and what is in them.
   */
  @ArchTest
  static final ArchRule nodesAreUsedThroughTheirFrontDoors =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "ai.djl..",
                      "io.ennead.expert.api",
                      "io.ennead.expert.batch",
                      "io.ennead.router.*..")
                  .and(
                      not(
                          belongToAnyOf(
                              TemperatureSolver.class,
                              TemperatureFit.class,
                              Likelihood.class,
                              RoutingProfile.class,
                              RoutingProfile.Layer.class,
                              SetLikelihood.class,
                              TextCodec.class,
                              TextTokenizer.class,
                              Decisions.class)))
                  .and(
                      not(
                          resideInAnyPackage(
                              "io.ennead.router.profile", "io.ennead.router.feedback"))));
}
