// Asks a Kernel about random programs that Linux 7.3 was asked about, and compares.
//
// random-7.3.txt holds Linux's answers about some thousand programs of random_programs.h; SKEP_RANDOM names a file of
// more, as random_oracle prints it. Only verdicts must agree. Needs the kernel's types, $SKEP_CORPUS/vmlinux.btf.
#include "conformance/random_programs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "btf/btf.hpp"
#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

class RandomPrograms : public testing::Test {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.cpus = 2;
    options.btf_path = corpus_file("vmlinux.btf");
    if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
    std::string error;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
    btf::ParseError problem;
    types_ = btf::Btf::parse(kernel_->presented_btf(), nullptr, true, problem);
    ASSERT_NE(types_, nullptr) << problem.message;
    for (int i = 0; i < random_kfunc_count; ++i)
      ids_[i] = static_cast<int>(types_->find(random_kfuncs[i], btf::Kind::func));
    Bpf bpf{*kernel_, {}};
    for (int i = 0; i < random_map_count; ++i) {
      const random_map& map = random_maps[i];
      fds_[i] = bpf.map(static_cast<MapType>(map.type), map.key_size, map.value_size, map.entries);
      ASSERT_GE(fds_[i], 0) << i;
    }
  }

  std::string ask(std::uint64_t number) {
    static constexpr char license[] = "GPL";
    auto program = std::make_unique<random_program_type>();
    random_program(number, program.get());
    place_maps(program.get(), fds_);
    place_calls(program.get(), ids_);
    attr::ProgLoad attr{};
    attr.prog_type = program->prog_type;
    attr.expected_attach_type = program->attach_type;
    attr.prog_flags = program->flags;
    if (program->function != nullptr) attr.attach_btf_id = types_->find(program->function, btf::Kind::func);
    attr.insns = address_of(program->insns);
    attr.insn_cnt = static_cast<std::uint32_t>(program->count);
    attr.license = address_of(license);
    attr.log_buf = address_of(log_.data());
    attr.log_size = static_cast<std::uint32_t>(log_.size());
    attr.log_level = 1;
    log_[0] = 0;
    const int result = kernel_->bpf(static_cast<int>(Command::prog_load), &attr, attr::ProgLoad::last_field_end);
    if (result >= 0) kernel_->close(result);
    const std::string_view log(log_.data());
    const auto processed = log.rfind("processed ");
    std::string answer = processed == log.npos ? "-1" : std::to_string(std::atoi(log.data() + processed + 10));
    char text[600];
    attach_question question{};
    attach_answer(&question, "(none)", 4294967295U, std::min(result, 0), log_.data(), text, sizeof text);
    return answer + " " + text;
  }

  using random_program_type = struct random_program;
  std::unique_ptr<Kernel> kernel_;
  int fds_[random_map_count] = {}, ids_[random_kfunc_count] = {};
  std::shared_ptr<const btf::Btf> types_;
  std::string log_ = std::string(1 << 20, '\0');
};

int errno_of(const std::string& answer) {
  return std::atoi(answer.c_str() + answer.find(' ') + 1);
}

TEST_F(RandomPrograms, VerdictsAsLinux) {
  const char* more = std::getenv("SKEP_RANDOM");
  const std::string path = more != nullptr ? more : std::string(CONFORMANCE_DIR) + "/random-7.3.txt";
  std::ifstream file(path);
  std::size_t asked = 0, accepted = 0, wrong = 0, words = 0, walked = 0;
  std::ostringstream shown;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(line.c_str(), &end, 10);
    const std::string expected = end + 1;
    const std::string answer = ask(number);
    ++asked;
    accepted += errno_of(expected) == 0;
    if ((errno_of(answer) == 0) != (errno_of(expected) == 0)) {
      ++wrong;
      shown << (errno_of(answer) == 0 ? "ACCEPTED " : "REFUSED ") << number << ": \"" << answer << "\" instead of \""
            << expected << "\"\n";
    } else if (errno_of(answer) != errno_of(expected) ||
               (expected.rfind("-1 ", 0) != 0 &&  // asked without a log
                answer.substr(answer.find(' ')) != expected.substr(expected.find(' ')))) {
      ++words;
      if (more != nullptr) shown << "words " << number << ": \"" << answer << "\" instead of \"" << expected << "\"\n";
    } else {
      walked += answer != expected;
    }
  }
  std::cout << asked << " programs, " << accepted << " accepted; other words " << words << ", other counts " << walked
            << "\n";
  if (more != nullptr && wrong == 0) std::cout << shown.str();
  EXPECT_GT(asked, 100U);
  EXPECT_EQ(wrong, 0U) << "of " << asked << " verdicts differ:\n" << shown.str();
}

}  // namespace
}  // namespace skep::test
