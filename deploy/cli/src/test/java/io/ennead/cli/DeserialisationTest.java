package io.ennead.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Bytes become messages and records, never objects of a class that the bytes choose. */
@AnalyzeClasses(packages = "io.ennead", importOptions = DoNotIncludeTests.class)
class DeserialisationTest {
  @ArchTest
  static final ArchRule noClassIsChosenByInput =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.io\\.ObjectInputStream|java\\.io\\.ObjectOutputStream|java\\.beans\\.XML.*"
                  + "|java\\.rmi\\..*|javax\\.naming\\..*|org\\.yaml\\.snakeyaml\\.Yaml.*");

  @ArchTest
  static final ArchRule jacksonReadsNoTypeNames =
      noClasses()
          .should()
          .callMethodWhere(
              target(
                  describe(
                      "switches default typing on",
                      target ->
                          target.getOwner().isAssignableTo(ObjectMapper.class)
                              && target.getName().contains("DefaultTyping"))));
}
