package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.errors.ServingException;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.TokenizeRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A session whose lines are piped in; a model that answers "wörd " as far as it may. */
@Timeout(30)
class ChatCommandTest {
  private final InputStream input = System.in;
  private FakeRouter router;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    System.setIn(input);
    router.close();
  }

  private CliRun chat(List<String> flags, String... lines) {
    String text = String.join("\n", lines) + "\n";
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    List<String> arguments = new ArrayList<>(List.of("chat", "--addr", router.address()));
    arguments.addAll(flags);
    return CliRun.of(arguments.toArray(String[]::new));
  }

  private CliRun story(String... lines) {
    return chat(List.of("--max-tokens", "6"), lines);
  }

  private CliRun dialogue(String... lines) {
    router.chatTemplate = true;
    return chat(List.of("--max-tokens", "6", "--system", "Be kind."), lines);
  }

  private List<String> prompts() {
    return router.tokenized.stream().map(TokenizeRequest::getText).distinct().toList();
  }

  private List<List<String>> messages() {
    return router.tokenized.stream()
        .map(request -> request.getChat().getMessagesList())
        .map(chat -> chat.stream().map(ChatCommandTest::line).toList())
        .distinct()
        .toList();
  }

  private static String line(ChatMessage message) {
    return message.getRole() + ": " + message.getContent();
  }

  @Test
  void aModelWithoutTemplateWritesOnOneText() {
    CliRun run = story("Once upon", "a time", "", ", it rained");
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("wörd \nwörd \nwörd \nwörd \n");
    assertThat(prompts())
        .containsExactly(
            "Once upon",
            "Once uponwörd a time",
            "Once uponwörd a timewörd ",
            "Once uponwörd a timewörd wörd , it rained");
    assertThat(run.err()).contains("write the beginning of a story", "6 tokens in");
  }

  @Test
  void aModelWithTemplateAnswersMessages() {
    assertThat(dialogue("Hi", "", "Bye").out()).isEqualTo("wörd \nwörd \n");
    assertThat(messages())
        .containsExactly(
            List.of("system: Be kind.", "user: Hi"),
            List.of("system: Be kind.", "user: Hi", "assistant: wörd ", "user: Bye"));
  }

  @Test
  void requestsCarryWhatIsSet() {
    chat(
        List.of("--max-tokens", "6", "--temperature", "0.5"),
        "a",
        "/set temperature 0",
        "/set stop x y",
        "b",
        "/unset temperature",
        "c");
    List<GenerateRequest> sent = router.requests;
    assertThat(sent.get(0).getSampling().getTemperature()).isEqualTo(0.5);
    assertThat(sent.get(1).getSampling().hasTemperature()).isTrue();
    assertThat(sent.get(1).getSampling().getTemperature()).isZero();
    assertThat(sent.get(1).getStopping().getStopList()).containsExactly("x", "y");
    assertThat(sent.get(2).getSampling().hasTemperature()).isFalse();
    assertThat(sent.get(2).getStopping().getMaxTokens()).isEqualTo(6);
  }

  @Test
  void whatCannotBeSetChangesNothing() {
    CliRun run = story("/set temprature 1", "/set temperature hot", "/set", "a");
    assertThat(run.err())
        .contains("temprature (expected: one of [", "temperature, temperature-every")
        .contains("'--temperature': hot")
        .contains("\nmax-tokens 6\n");
    assertThat(router.requests.get(0).getSampling().hasTemperature()).isFalse();
  }

  @Test
  void anAnswerIsAskedForAgainOrTakenBack() {
    story("a", "/retry", "/undo", "b", "/reset", "/retry", "c");
    assertThat(prompts()).containsExactly("a", "b", "c");
    assertThat(router.requests).hasSize(4);
  }

  @Test
  void aTurnIsMadeTokensOnce() {
    story("a", "b", "/retry");
    assertThat(router.requests).hasSize(3);
    assertThat(router.tokenized).hasSize(3);
  }

  @Test
  void instructionsAloneAreNothingToAnswer() {
    CliRun run = dialogue("/retry", "Hi", "/reset", "/retry");
    assertThat(run.err().split("nothing was said yet", -1)).hasSize(3);
    assertThat(messages()).containsExactly(List.of("system: Be kind.", "user: Hi"));
    assertThat(router.requests).hasSize(1);
  }

  @Test
  void aFailureKeepsTheWords() {
    router.failures.add(ServingException.loading("model"));
    CliRun run = story("a", "/retry");
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("\nwörd \n");
    assertThat(run.err()).contains("your words are kept", "NODE_LOADING: not ready: model");
    assertThat(prompts()).containsExactly("a");
  }

  @Test
  void whatNoLongerFitsIsLeftOutAndSaid() {
    CliRun run = dialogue("x".repeat(30), "y".repeat(30), "z");
    assertThat(run.err()).contains("the context is full: the 1 oldest turns are left out");
    List<List<String>> asked = messages();
    assertThat(asked.get(asked.size() - 1))
        .containsExactly(
            "system: Be kind.", "user: " + "y".repeat(30), "assistant: wörd ", "user: z");
  }

  @Test
  void theLastAnswersExpertsAreShown() {
    CliRun run = story("/route", "a", "/route 1", "/route 9", "/route 1 2");
    assertThat(run.err())
        .contains("there is no answer yet")
        .containsPattern("w\\[e\\d]\\S*r\\[e\\d]d\\[e\\d]")
        .contains("layer 1, tokens by top expert")
        .contains("/route: 9 (expected: a layer with experts: [0, 1, 2, 3])")
        .contains("/route: 2 arguments (expected: [LAYER])");
  }

  @Test
  void aConversationIsSavedToANewFile(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("talk.txt");
    CliRun run = dialogue("Hi", "/save " + file, "/save " + file, "/save", "/exit", "never");
    assertThat(file).hasContent("system:\nBe kind.\n\nuser:\nHi\n\nassistant:\nwörd\n");
    assertThat(run.err())
        .contains("saved to " + file)
        .contains("/save: %s (expected: a file that is not there)".formatted(file))
        .contains("/save: (expected: FILE)");
    assertThat(router.requests).hasSize(1);
    assertThat(Files.list(directory)).hasSize(1);
  }

  @Test
  void ordersThatNobodyKnowsAreRefusedAndTwoSlashesAreText() {
    CliRun run = story("/hlep", "/help", "//home");
    assertThat(run.err())
        .contains("/hlep (expected: one of /help /set")
        .contains("/save FILE         writes the conversation to a new file");
    assertThat(prompts()).containsExactly("/home");
  }

  @Test
  void instructionsWantADialogue() {
    CliRun run = chat(List.of("--system", "Be kind."), "a");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--system: (expected: a model with a chat template");
  }
}
