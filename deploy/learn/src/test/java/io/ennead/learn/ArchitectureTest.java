package io.ennead.learn;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The arrows: learn -> train -> labels -> model; the engine in the model, the network in labels.
 */
@AnalyzeClasses(packages = "io.ennead.learn", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule arrowsPointDown =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("learn")
          .definedBy("io.ennead.learn")
          .layer("train")
          .definedBy("io.ennead.learn.train..")
          .layer("labels")
          .definedBy("io.ennead.learn.labels..")
          .layer("model")
          .definedBy("io.ennead.learn.model..")
          .whereLayer("learn")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("train")
          .mayOnlyBeAccessedByLayers("learn")
          .whereLayer("labels")
          .mayOnlyBeAccessedByLayers("learn", "train");

  @ArchTest
  static final ArchRule onlyTheModelKnowsDjl =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.learn..")
          .and()
          .resideOutsideOfPackage("io.ennead.learn.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..");

  @ArchTest
  static final ArchRule nothingKnowsGrpcOrTheNodes =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.learn..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.grpc..",
              "io.ennead.router..",
              "io.ennead.expert",
              "io.ennead.expert.api..",
              "io.ennead.expert.batch..");

  @ArchTest
  static final ArchRule theModelReachesNoNetwork =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.learn.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.ennead.client..", "io.ennead.v1..");

  /** They free an operand that the backward pass reads: see {@code Pass.number}. */
  @ArchTest
  static final ArchRule noOperationTakesANumber =
      noClasses()
          .that()
          .resideInAPackage("io.ennead.learn.model..")
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "is an NDArray's with a Number",
                  (JavaMethodCall call) ->
                      call.getTargetOwner().isAssignableTo(NDArray.class)
                          && call.getTarget().getRawParameterTypes().stream()
                              .anyMatch(type -> type.isEquivalentTo(Number.class))));
}
