// A refusal on paper: where the caret stands, and what is left out where nothing is known.
#include "cli/refusal.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace skep::cli {
namespace {

Refusal refusal() {
  Refusal refusal{"filter.bpf.o", "filter", "xdp", EACCES, {}, {}};
  Kernel::LoadReport& report = refusal.report;
  report.error = -EACCES;
  report.message = "R1 unbounded memory access";
  report.instruction = 7;
  report.instruction_text = "(61) r0 = *(u32 *)(r1 +0)";
  report.function = "filter";
  report.file = "filter.bpf.c";
  report.source = "\t\treturn p[i];";
  report.line = 12;
  report.column = 10;
  return refusal;
}

TEST(RefusalText, CaretStandsUnderTheColumn) {
  EXPECT_EQ(refusal_text(refusal(), false),
            "filter.bpf.c:12:10: error: R1 unbounded memory access\n"
            "    12 | return p[i];\n"
            "       |        ^\n"
            "  program filter (xdp) of filter.bpf.o is refused: Permission denied\n"
            "  at instruction 7: (61) r0 = *(u32 *)(r1 +0)\n");
}

TEST(RefusalText, ExplainsWhereThereIsAnExplanation) {
  Refusal explained = refusal();
  explained.report.function = "get";
  explained.report.annotation = "here";
  explained.report.category = "Memory Safety";
  explained.report.title = "Access outside bounds";
  explained.report.reason = "Because.";
  explained.report.suggestion = "Check.";
  const std::string text = refusal_text(explained, false);
  EXPECT_NE(text.find("^ here\n"), std::string::npos);
  EXPECT_NE(text.find("  at instruction 7, in get: (61)"), std::string::npos);
  EXPECT_TRUE(text.ends_with("  Memory Safety: Access outside bounds\n  why: Because.\n  do:  Check.\n"));
}

TEST(RefusalText, WithoutSourceNamesTheObject) {
  Refusal bare = refusal();
  bare.report.file.clear();
  EXPECT_TRUE(refusal_text(bare, false).starts_with("filter.bpf.o: error: R1 unbounded memory access\n  program"));
  const Refusal by_loader{"filter.bpf.o", "filter", "xdp", EINVAL, {}, "no such section"};
  EXPECT_EQ(
      refusal_text(by_loader, false),
      "filter.bpf.o: error: no such section\n  program filter (xdp) of filter.bpf.o is refused: Invalid argument\n");
  EXPECT_EQ(refusal_line(by_loader), "Invalid argument: no such section");
}

// A whole program in a macro is one line, and its columns may lie outside of what is known of it.
TEST(RefusalText, LongLinesAreCutAroundTheColumn) {
  Refusal wide = refusal();
  wide.report.source = std::string(500, 'x') + "HERE" + std::string(500, 'y');
  wide.report.column = 501;
  const std::string text = refusal_text(wide, false);
  const auto source = text.find('|'), caret = text.find('^');
  ASSERT_NE(caret, std::string::npos);
  const auto begin_of_caret_line = text.rfind('|', caret);
  EXPECT_EQ(text.substr(source + (caret - begin_of_caret_line), 4), "HERE");
  wide.report.column = 1023;
  wide.report.source = "short";
  EXPECT_NE(refusal_text(wide, false).find("| short\n"), std::string::npos);
}

TEST(RefusalText, OnATerminalInColor) {
  EXPECT_NE(refusal_text(refusal(), true).find("\x1b[1;31merror:"), std::string::npos);
  EXPECT_EQ(refusal_text(refusal(), false).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace skep::cli
