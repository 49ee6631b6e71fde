// bpf(2) answers as the rules of the Kernel's release say; a release without rules gives no Kernel.
#include "rules/rules.hpp"

#include <array>
#include <cerrno>

#include "kernel/impl.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

const std::vector<Insn> returns_two = {{0xb7, 0, 0, 0, 2}, {0x95, 0, 0, 0, 0}};

class KernelRules : public testing::Test {
 protected:
  KernelRules() { kernel->impl().rules = &rules; }
  Rules rules = reference_rules();
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

TEST(KernelOfARelease, WithoutRulesIsRefused) {
  KernelOptions options;
  options.host_btf = false;
  options.release = {6, 18};
  std::string error;
  EXPECT_EQ(Kernel::make(options, error), nullptr);
  EXPECT_THAT(error, testing::AllOf(testing::HasSubstr("6.18"), testing::HasSubstr("(7.3)")));
  options.release = reference_release;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  EXPECT_EQ(kernel->release(), reference_release);
}

template <typename Attr>
void expect_whole() {
  EXPECT_EQ(reference_rules().sizes.*Attr::known, Attr::last_field_end) << typeid(Attr).name();
}
template <typename... Attrs>
void expect_all_whole() {
  (expect_whole<Attrs>(), ...);
}

TEST(Attributes, OfTheReferenceAreKnownAsAWhole) {
  using namespace attr;
  expect_all_whole<MapCreate, MapElem, MapBatch, MapFreeze, ProgLoad, Obj, ProgAttach, TestRun, StreamRead, GetId, Info,
                   RawTracepoint, BtfLoad, LinkCreate, LinkUpdate, LinkDetach, ProgBindMap>();
  const AttributeSizes& sizes = reference_rules().sizes;
  EXPECT_EQ(sizes.largest, largest);
  EXPECT_EQ(sizes.common, sizeof(Common));
  EXPECT_EQ(sizes.prog_info, sizeof(ProgInfo));
  EXPECT_EQ(sizes.map_info, sizeof(attr::MapInfo));
  EXPECT_EQ(sizes.btf_info, sizeof(BtfInfo));
}

TEST_F(KernelRules, FieldsThatTheReleaseDoesNotKnowMustBeZero) {
  attr::MapCreate attr{};
  attr.map_type = static_cast<std::uint32_t>(MapType::array);
  attr.key_size = attr.value_size = 4;
  attr.max_entries = 1;
  attr.excl_prog_hash_size = 1;
  ASSERT_GE(bpf.command(Command::map_create, attr), 0);
  rules.sizes.map_create = offsetof(attr::MapCreate, excl_prog_hash);
  EXPECT_EQ(bpf.command(Command::map_create, attr), -EINVAL);
  attr.excl_prog_hash_size = 0;
  EXPECT_GE(bpf.command(Command::map_create, attr), 0);
}

TEST_F(KernelRules, TheUnionEndsWhereTheySay) {
  std::array<std::uint8_t, 168> bytes{};
  bytes[150] = 1;
  const int freeze = static_cast<int>(Command::map_freeze);
  EXPECT_EQ(kernel->bpf(freeze, bytes.data(), bytes.size()), -EINVAL);
  rules.sizes.largest = 144;
  EXPECT_EQ(kernel->bpf(freeze, bytes.data(), bytes.size()), -E2BIG);
}

TEST_F(KernelRules, TheFourthArgument) {
  attr::MapCreate attr{};
  attr.map_type = static_cast<std::uint32_t>(MapType::array);
  attr.key_size = attr.value_size = 4;
  attr.max_entries = 1;
  attr::Common common{};
  const int command = static_cast<int>(Command::map_create) | 1 << 16;
  EXPECT_GE(kernel->bpf(command, &attr, sizeof attr, &common, sizeof common), 0);
  rules.sizes.common = 0;
  EXPECT_EQ(kernel->bpf(command, &attr, sizeof attr, &common, sizeof common), -EINVAL);
}

TEST_F(KernelRules, CommandsProgramTypesAndFlags) {
  attr::GetId unsupported{};
  EXPECT_EQ(bpf.command(Command::prog_assoc_struct_ops, unsupported), -EOPNOTSUPP);
  --rules.commands;
  EXPECT_EQ(bpf.command(Command::prog_assoc_struct_ops, unsupported), -EINVAL);

  EXPECT_GE(bpf.load(ProgType::raw_tracepoint, returns_two), 0);
  rules.release = {4, 16};
  EXPECT_EQ(bpf.load(ProgType::raw_tracepoint, returns_two), -EINVAL);
  EXPECT_GE(bpf.load(ProgType::socket_filter, returns_two), 0);
  rules.limits.insns = 1;
  EXPECT_EQ(bpf.load(ProgType::socket_filter, returns_two), -E2BIG);
  rules = reference_rules();
  rules.log_levels = 0;
  EXPECT_EQ(bpf.load(ProgType::socket_filter, returns_two), -EINVAL);

  rules = reference_rules();
  attr::ProgLoad attr{};
  attr.prog_type = static_cast<std::uint32_t>(ProgType::socket_filter);
  attr.insns = test::address_of(returns_two.data());
  attr.insn_cnt = 2;
  attr.license = test::address_of("GPL");
  attr.prog_flags = prog_flag::test_reg_invariants;
  EXPECT_GE(bpf.command(Command::prog_load, attr), 0);
  rules.prog_flags &= ~prog_flag::test_reg_invariants;
  EXPECT_EQ(bpf.command(Command::prog_load, attr), -EINVAL);
}

TEST_F(KernelRules, AttachTypes) {
  attr::ProgLoad attr{};
  attr.prog_type = static_cast<std::uint32_t>(ProgType::cgroup_sock_addr);
  attr.expected_attach_type = static_cast<std::uint32_t>(AttachType::cgroup_unix_connect);
  const std::vector<Insn> returns_one = {{0xb7, 0, 0, 0, 1}, {0x95, 0, 0, 0, 0}};
  attr.insns = test::address_of(returns_one.data());
  attr.insn_cnt = 2;
  attr.license = test::address_of("GPL");
  const int fd = bpf.command(Command::prog_load, attr);
  ASSERT_GE(fd, 0);
  attr::ProgAttach attach{};
  attach.attach_bpf_fd = static_cast<std::uint32_t>(fd);
  attach.attach_type = attr.expected_attach_type;
  EXPECT_EQ(bpf.command(Command::prog_attach, attach), 0);
  rules.attach_types = attr.expected_attach_type;
  EXPECT_EQ(bpf.command(Command::prog_load, attr), -EINVAL);
  EXPECT_EQ(bpf.command(Command::prog_attach, attach), -EINVAL);
}

TEST_F(KernelRules, MapTypesAndElementsOfACpu) {
  EXPECT_GE(bpf.map(MapType::rhash, 4, 8, 1, map_flag::no_prealloc), 0);
  const int fd = bpf.map(MapType::percpu_array, 4, 8, 1);
  ASSERT_GE(fd, 0);
  const std::uint64_t second = std::uint64_t{1} << 32 | elem_flag::cpu;
  EXPECT_EQ(bpf.update(fd, 0U, std::uint64_t{7}, second), 0);
  rules.elements_of_a_cpu_by_flag = false;
  EXPECT_EQ(bpf.update(fd, 0U, std::uint64_t{7}, second), -EINVAL);
  rules.release = {7, 1};
  EXPECT_EQ(bpf.map(MapType::rhash, 4, 8, 1, map_flag::no_prealloc), -EINVAL);
}

TEST_F(KernelRules, InformationIsAsLongAsTheySay) {
  const int fd = bpf.map(MapType::array, 4, 8, 1);
  ASSERT_GE(fd, 0);
  const auto length = [&] {
    attr::MapInfo info{};
    attr::Info request{static_cast<std::uint32_t>(fd), sizeof info, test::address_of(&info)};
    EXPECT_EQ(bpf.command(Command::obj_get_info_by_fd, request), 0);
    return request.info_len;
  };
  EXPECT_EQ(length(), sizeof(attr::MapInfo));
  rules.sizes.map_info = offsetof(attr::MapInfo, hash);
  EXPECT_EQ(length(), offsetof(attr::MapInfo, hash));
}

TEST_F(KernelRules, CallsThatSkepProvides) {
  const auto offers = [&](std::string_view name) {
    kernel->adapt_to_object({});
    std::uint32_t module_fd = 0;
    return kernel->find_function(name, module_fd) != 0 && module_fd != 0;
  };
  EXPECT_TRUE(offers("bpf_wq_init"));
  EXPECT_TRUE(offers("bpf_wq_set_callback"));
  rules.release = {6, 19};
  EXPECT_TRUE(offers("bpf_wq_init"));
  EXPECT_FALSE(offers("bpf_wq_set_callback"));
  EXPECT_TRUE(offers("bpf_wq_set_callback_impl"));
  rules.release = {6, 9};
  EXPECT_FALSE(offers("bpf_wq_init"));
}

}  // namespace
}  // namespace skep
