// Security programs that write over the arguments that they were given: Linux 7.3 takes them (attach-lsm-7.3.txt), and
// goes on to trust what they read back. So they load here too, and are not run. Skipped without the corpus's types.
#include <cerrno>

#include "btf/btf.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

class LsmContext : public testing::Test {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.cpus = 1;
    options.btf_path = corpus_file("vmlinux.btf");
    if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
    std::string error;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
    const auto bytes = kernel_->presented_btf();
    btf::ParseError parse_error;
    types_ = btf::Btf::parse({bytes.data(), bytes.size()}, nullptr, false, parse_error);
    ASSERT_NE(types_, nullptr) << parse_error.message;
    kernel_->on_log([this](std::string_view line) { logged_ += line; });
  }

  // The descriptor of a link to `hook`, or an error.
  int attach(std::string_view hook, std::string_view text) {
    static constexpr char license[] = "GPL";
    const auto insns = Assembler::assemble(text);
    attr::ProgLoad load{};
    load.prog_type = static_cast<std::uint32_t>(ProgType::lsm);
    load.expected_attach_type = static_cast<std::uint32_t>(AttachType::lsm_mac);
    load.attach_btf_id = types_->find(hook, btf::Kind::func);
    load.insns = address_of(insns.data());
    load.insn_cnt = static_cast<std::uint32_t>(insns.size());
    load.license = address_of(license);
    const int program = kernel_->bpf(static_cast<int>(Command::prog_load), &load, attr::ProgLoad::last_field_end);
    if (program < 0) return program;
    attr::LinkCreate link{};
    link.prog_fd = static_cast<std::uint32_t>(program);
    link.attach_type = static_cast<std::uint32_t>(AttachType::lsm_mac);
    return kernel_->bpf(static_cast<int>(Command::link_create), &link, attr::LinkCreate::last_field_end);
  }
  std::uint32_t fire(int& error) {
    std::uint64_t words[] = {0, 0};
    return kernel_->fire(kernel_->links().back().id, words, sizeof words, error);
  }

  std::unique_ptr<Kernel> kernel_;
  std::shared_ptr<const btf::Btf> types_;
  std::string logged_;
};

TEST_F(LsmContext, ReadersRun) {
  ASSERT_GE(attach("bpf_lsm_file_open", "r2 = *(u64 *)(r1 +8); r0 = -5; exit"), 0);
  int error = 0;
  EXPECT_EQ(static_cast<std::int32_t>(fire(error)), -5);
  EXPECT_EQ(error, 0);
}

TEST_F(LsmContext, WritersLoadAndAreNotRun) {
  ASSERT_GE(attach("bpf_lsm_file_open",
                   "r2 = 1; *(u64 *)(r1 +0) = r2; r3 = *(u64 *)(r1 +0); r4 = *(u32 *)(r3 +0); "
                   "r0 = 0; exit"),
            0);
  int error = 0;
  fire(error);
  EXPECT_EQ(error, -EOPNOTSUPP);
  EXPECT_THAT(logged_, testing::HasSubstr("a write over the arguments that it was given is not implemented"));
}

}  // namespace
}  // namespace skep::test
