package io.ennead.router.model;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tokenizer.model says of its pieces (sentencepiece, src/sentencepiece_model.proto): the
 * native library does not tell which of them are bytes or marks.
 *
 * @param pieces by id
 * @param bos id of the beginning of a sequence, or -1
 * @param unknownSurface what an unknown piece reads as
 * @param dummyPrefix whether a space is put in front of every text, and taken away again
 * @param removesSpaces whether leading spaces are taken away
 */
record SentencePieceModel(
    List<Piece> pieces,
    int bos,
    String unknownSurface,
    boolean dummyPrefix,
    boolean removesSpaces) {

  /** ModelProto.SentencePiece. */
  record Piece(String text, int type) {
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    boolean unknown() {
      return type == UNKNOWN;
    }

    boolean control() {
      return type == CONTROL;
    }

    boolean isByte() {
      return type == BYTE;
    }
  }

  static SentencePieceModel read(Path file) throws IOException {
    Reader reader = new Reader();
    CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(file));
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> reader.piece(in.readBytes().newCodedInput());
        case 2 -> reader.trainer(in.readBytes().newCodedInput());
        case 3 -> reader.normalizer(in.readBytes().newCodedInput());
        default -> in.skipField(tag);
      }
    }
    if (reader.pieces.isEmpty()) {
      throw new IOException(file + ": pieces: none (expected: a SentencePiece model)");
    }
    if (reader.spaceIsSuffix) {
      throw new IOException(
          file + ": treat_whitespace_as_suffix: true (expected: false, no other is supported)");
    }
    return new SentencePieceModel(
        List.copyOf(reader.pieces),
        reader.bos < reader.pieces.size() ? reader.bos : -1,
        reader.unknownSurface,
        reader.dummyPrefix,
        reader.removesSpaces);
  }

  /** Field numbers and defaults are those of the proto. */
  private static final class Reader {
    private final List<Piece> pieces = new ArrayList<>();
    private int bos = 1;
    private String unknownSurface = " \u2047 ";
    private boolean spaceIsSuffix;
    private boolean dummyPrefix = true;
    private boolean removesSpaces = true;

    void piece(CodedInputStream in) throws IOException {
      String text = "";
      int type = 1;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> text = in.readBytes().toString(StandardCharsets.UTF_8);
          case 3 -> type = in.readEnum();
          default -> in.skipField(tag);
        }
      }
      pieces.add(new Piece(text, type));
    }

    void trainer(CodedInputStream in) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 24 -> spaceIsSuffix = in.readBool();
          case 41 -> bos = in.readInt32();
          case 44 -> unknownSurface = in.readBytes().toString(StandardCharsets.UTF_8);
          default -> in.skipField(tag);
        }
      }
    }

    void normalizer(CodedInputStream in) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 3 -> dummyPrefix = in.readBool();
          case 4 -> removesSpaces = in.readBool();
          default -> in.skipField(tag);
        }
      }
    }
  }
}
