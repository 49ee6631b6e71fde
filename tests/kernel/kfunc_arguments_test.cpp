// Registers that hold nothing where a kfunc takes an argument: in Linux 7.3's words, which are those for a pointer with
// an unknown offset. Skipped without the corpus's types, which name the kfuncs.
#include <fstream>
#include <iterator>

#include "btf/btf.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

TEST(KfuncArguments, MustHoldSomething) {
  KernelOptions options;
  options.cpus = 1;
  options.btf_path = corpus_file("vmlinux.btf");
  if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  std::ifstream file(*options.btf_path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  btf::ParseError parse_error;
  const auto types =
      btf::Btf::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, nullptr, false, parse_error);
  ASSERT_NE(types, nullptr) << parse_error.message;

  constexpr const char* nothing = "variable ? access var_off=(0x0; 0xffffffffffffffff) disallowed";
  const struct {
    const char* kfunc;
    const char* before;
    const char* message;
  } rows[] = {
      {"bpf_task_from_pid", "call 5", nothing},
      {"bpf_dynptr_adjust", "call 5", nothing},
      {"bpf_dynptr_adjust", "call 5; r2 = 0; r3 = 0", nothing},
      {"bpf_task_release", "call 5", "release kfunc bpf_task_release expects referenced PTR_TO_BTF_ID passed to R1"},
      {"bpf_task_from_pid", "r1 = r10", "R1 is not a scalar"},
  };
  Bpf bpf{*kernel, {}};
  for (const auto& row : rows) {
    const auto id = types->find(row.kfunc, btf::Kind::func);
    const auto insns =
        Assembler::assemble(std::string(row.before) + "; kfunc " + std::to_string(id) + "; r0 = 0; exit");
    EXPECT_LT(bpf.load(ProgType::sched_cls, insns), 0) << row.kfunc << " after " << row.before;
    EXPECT_THAT(bpf.log, testing::HasSubstr(row.message)) << row.kfunc << " after " << row.before;
  }
}

}  // namespace
}  // namespace skep::test
