// Asks a Kernel everything that Linux 7.3 was asked about what programs may be attached to, and compares each answer
// with the tables tests/conformance/attach-*-7.3.txt: whether the program loads, its errno and the last line of the
// log.
//
// Needs the kernel's types, $SKEP_CORPUS/vmlinux.btf as tests/conformance/build-corpus leaves them; is skipped without.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "btf/btf.hpp"
#include "conformance/attach_questions.h"
#include "support/answer_table.hpp"
#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

struct Target {
  std::string name;   // as in the table
  std::string whole;  // with the kind's prefix
  btf::TypeId id = 0;
  unsigned member = 0;
};

class AttachTables : public testing::TestWithParam<const char*> {
 protected:
  static constexpr std::size_t shown_differences = 40;
  static constexpr btf::TypeId every = 8;  // of functions that no answer names: there are 56,000

  void SetUp() override {
    KernelOptions options;
    options.cpus = 1;
    options.btf_path = corpus_file("vmlinux.btf");
    if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
    std::string error;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
    // Not those that are presented to loaders, which lack the names that Skep defines itself.
    std::ifstream file(*options.btf_path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    btf::ParseError parse_error;
    types_ = btf::Btf::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, nullptr, false,
                             parse_error);
    ASSERT_NE(types_, nullptr) << parse_error.message;
  }

  void add_members(std::vector<Target>& targets, const btf::Type& wrapper) const {
    for (const btf::Member& data : types_->members(wrapper)) {
      const btf::Type& table = types_->type(data.type);
      if (data.name != "data" || table.kind != btf::Kind::struct_) continue;
      const auto members = types_->members(table);
      for (unsigned i = 0; i < members.size(); ++i) {
        const std::string name = std::string(table.name) + "." + std::string(members[i].name);
        targets.push_back({name, name, data.type, i});
      }
    }
  }
  std::vector<Target> targets_of(const attach_kind& kind) const {
    std::vector<Target> targets;
    for (btf::TypeId id = 1; id < types_->type_count(); ++id) {
      const btf::Type& type = types_->type(id);
      if (static_cast<int>(type.kind) != static_cast<int>(kind.form) || !type.name.starts_with(kind.prefix)) continue;
      if (kind.form == TARGET_STRUCT)
        add_members(targets, type);
      else
        targets.push_back({std::string(type.name.substr(std::strlen(kind.prefix))), std::string(type.name), id, 0});
    }
    return targets;
  }

  std::string ask(const attach_kind& kind, const attach_question& question, const Target& target) {
    static constexpr char license[] = "GPL";
    attr::ProgLoad attr{};
    attr.prog_type = kind.prog_type;
    attr.expected_attach_type = kind.form == TARGET_STRUCT ? target.member : kind.attach_type;
    attr.prog_flags = kind.flags;
    attr.attach_btf_id = target.id;
    attr.insns = address_of(question.insns);
    attr.insn_cnt = static_cast<std::uint32_t>(question.count);
    attr.license = address_of(license);
    attr.log_buf = address_of(log_.data());
    attr.log_size = static_cast<std::uint32_t>(log_.size());
    attr.log_level = question.shows != nullptr ? 2 : 1;
    log_[0] = 0;
    const int result = bpf_command(attr);
    char answer[600];
    attach_answer(&question, target.whole.c_str(), kind.form == TARGET_STRUCT ? target.member : target.id,
                  std::min(result, 0), log_.data(), answer, sizeof answer);
    return answer;
  }
  int bpf_command(attr::ProgLoad& attr) {
    const int result = kernel_->bpf(static_cast<int>(Command::prog_load), &attr, attr::ProgLoad::last_field_end);
    if (result >= 0) kernel_->close(result);
    return result;
  }

  // Of the functions of the kernel, those that some answer names, and a sample of the others.
  static bool skipped(const attach_kind& kind, const AnswerTable& table, const Target& target) {
    return kind.prefix[0] == 0 && target.id % every != 0 &&
           std::ranges::none_of(table, [&](const auto& row) { return row.second.others.contains(target.name); });
  }

  void compare(const attach_kind& kind, const AnswerTable& table) {
    std::vector<Target> targets = targets_of(kind);
    std::erase_if(targets, [&](const Target& target) { return skipped(kind, table, target); });
    std::set<std::string> closed;  // no program of this kind loads there
    attach_question question{};
    for (int n = 0; attach_question_at(&kind, n, &question) != 0; ++n) {
      const auto answers = table.find(question.name);
      ASSERT_NE(answers, table.end()) << "the table lacks \"" << question.name << "\": make it again";
      for (const Target& target : targets) {
        const std::string& expected = answers->second.about(target.name);
        if (n == 0 && expected != "0") closed.insert(target.name);
        if (n != 0 && closed.contains(target.name)) continue;
        ++asked_;
        const std::string answer = ask(kind, question, target);
        if (answer == expected) continue;
        const bool wrong_acceptance = answer.starts_with("0") && !expected.starts_with("0");
        differences_.push_back(std::string(wrong_acceptance ? "ACCEPTED " : "") + question.name + " at " +
                               target.whole + ": \"" + answer + "\" instead of \"" + expected + "\"");
      }
    }
  }

  std::unique_ptr<Kernel> kernel_;
  std::shared_ptr<const btf::Btf> types_;
  std::string log_ = std::string(1 << 16, '\0');
  std::size_t asked_ = 0;
  std::vector<std::string> differences_;
};

TEST_P(AttachTables, AnswersAsLinux) {
  const AnswerTable table = read_answer_table(std::string(CONFORMANCE_DIR) + "/attach-" + GetParam() + "-7.3.txt");
  for (const attach_kind& kind : attach_kinds)
    if (std::string_view(kind.table) == GetParam()) compare(kind, table);
  EXPECT_GT(asked_, 100U);
  std::string all;
  for (std::size_t i = 0; i < std::min(differences_.size(), shown_differences); ++i) all += differences_[i] + "\n";
  EXPECT_TRUE(differences_.empty()) << differences_.size() << " of " << asked_ << " answers differ:\n" << all;
}

INSTANTIATE_TEST_SUITE_P(Linux73, AttachTables,
                         testing::Values("lsm", "iter", "tracepoints", "functions", "struct_ops"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace skep::test
