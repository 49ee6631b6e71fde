// Asks a Kernel what Linux 7.3 was asked about a load or store at each offset of every context, and of what its fields
// point to; compares with tests/conformance/contexts-7.3.txt: the verdict, the errno, the last line of the log, and
// what a loaded register holds.
//
// Needs the kernel's types, $SKEP_CORPUS/vmlinux.btf as tests/conformance/build-corpus leaves them; is skipped without.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

#include "conformance/context_questions.h"
#include "support/answer_table.hpp"
#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

// A run of offsets "A-B/STEP" of the table, or one.
struct Run {
  int first = 0, last = 0, step = 1;
};
Run run_of(std::string_view text) {
  Run run;
  const char* end = text.data() + text.size();
  auto at = std::from_chars(text.data(), end, run.first).ptr;
  run.last = run.first;
  if (at == end) return run;
  at = std::from_chars(at + 1, end, run.last).ptr;
  std::from_chars(at + 1, end, run.step);
  return run;
}

const std::string& expected_at(const Answers& answers, int offset) {
  for (const auto& [text, answer] : answers.others) {
    const Run run = run_of(text);
    if (offset >= run.first && offset <= run.last && (offset - run.first) % run.step == 0) return answer;
  }
  return answers.usual;
}

class ContextTables : public testing::Test {
 protected:
  static constexpr std::size_t shown_differences = 60;

  void SetUp() override {
    KernelOptions options;
    options.cpus = 1;
    options.btf_path = corpus_file("vmlinux.btf");
    if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
    std::string error;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
  }

  std::string ask(const context_base& base, const context_access& access, int offset) {
    static constexpr char license[] = "GPL";
    context_question question{};
    context_question_at(&base, &access, offset, &question);
    attr::ProgLoad attr{};
    attr.prog_type = base.prog_type;
    attr.expected_attach_type = base.attach_type;
    attr.insns = address_of(question.insns);
    attr.insn_cnt = static_cast<std::uint32_t>(question.count);
    attr.license = address_of(license);
    attr.log_buf = address_of(log_.data());
    attr.log_size = static_cast<std::uint32_t>(log_.size());
    attr.log_level = 2;
    log_[0] = 0;
    const int result = kernel_->bpf(static_cast<int>(Command::prog_load), &attr, attr::ProgLoad::last_field_end);
    if (result >= 0) kernel_->close(result);
    char answer[600];
    context_answer(&access, offset, std::min(result, 0), log_.data(), answer, sizeof answer);
    return answer;
  }

  std::unique_ptr<Kernel> kernel_;
  std::string log_ = std::string(1 << 16, '\0');
};

TEST_F(ContextTables, AnswersAsLinux) {
  const AnswerTable table = read_answer_table(std::string(CONFORMANCE_DIR) + "/contexts-7.3.txt");
  std::size_t differences = 0, asked = 0;
  std::string shown;
  for (const context_base& base : context_bases) {
    for (const context_access& access : context_accesses) {
      const auto answers = table.find(std::string(base.name) + ": " + access.name);
      ASSERT_NE(answers, table.end()) << base.name << ": " << access.name << " is not in the table: make it again";
      for (int offset = first_offset; offset < base.limit; ++offset) {
        // Linux lets tracepoints read what lies in memory before their context, which is nothing that Skep could give.
        if (base.prog_type == static_cast<unsigned>(ProgType::tracepoint) && offset < 0) continue;
        ++asked;
        const std::string answer = ask(base, access, offset);
        const std::string& expected = expected_at(answers->second, offset);
        if (answer == expected) continue;
        if (++differences > shown_differences) continue;
        const bool wrong_acceptance = answer.starts_with('0') && !expected.starts_with('0');
        shown += std::string(wrong_acceptance ? "ACCEPTED " : "") + answers->first + " at " + std::to_string(offset) +
                 ": \"" + answer + "\" instead of \"" + expected + "\"\n";
      }
    }
  }
  EXPECT_GT(asked, 50000U);
  EXPECT_EQ(differences, 0U) << "of " << asked << " answers differ:\n" << shown;
}

}  // namespace
}  // namespace skep::test
