package io.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;

/** The walls of the house: DESIGN, section 3. */
@AnalyzeClasses(packages = "io.holdfast", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule coreDependsOnItsFewLibrariesOnly =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "javax.crypto..",
              "io.holdfast..",
              "com.fasterxml.jackson..",
              "org.slf4j..",
              "com.github.luben.zstd..",
              "com.exceptionfactory.jagged..",
              "org.bouncycastle..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule theFormatKnowsNothingAboveIt =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.format..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.catalog..", "io.holdfast.mask..", "io.holdfast.internal..");

  @ArchTest
  static final ArchRule theSpiKnowsOnlyErrorsAndValues =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.spi..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.catalog..", "io.holdfast.mask..", "io.holdfast.internal..");

  @ArchTest
  static final ArchRule ofTheFormatTheSpiUsesErrorsOnly =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.spi..")
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "belong to the format and are not its exception",
                  type ->
                      type.getPackageName().startsWith("io.holdfast.format")
                          && !type.getName().startsWith("io.holdfast.format.FormatException")));

  @ArchTest
  static final ArchRule catalogAndMaskStandBesideEachOther =
      noClasses()
          .that()
          .resideInAPackage("io.holdfast.mask..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.holdfast.catalog..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule namesComeFromTheField =
      noClasses().should().haveNameMatching(".*(Utils?|Helper|Manager|Impl)(\\$.*)?");

  @ArchTest
  static final ArchRule whatIsInternalIsInNoPublicSignature =
      methods()
          .that()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackage("io.holdfast.internal..")
          .should(mentionNothingInternal());

  @ArchTest
  static final ArchRule nobodyPrints = GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

  @ArchTest
  static final ArchRule loggingIsSlf4j = GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

  private static ArchCondition<JavaMethod> mentionNothingInternal() {
    return new ArchCondition<>("mention nothing internal") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        boolean internal =
            method.getAllInvolvedRawTypes().stream().anyMatch(ArchitectureTest::isInternal);
        events.add(new SimpleConditionEvent(method, !internal, method.getFullName()));
      }
    };
  }

  private static boolean isInternal(JavaClass type) {
    return type.getPackageName().startsWith("io.holdfast.internal");
  }
}
