// What calls answer, made directly with the environment of a test. Calls that run functions are tested in
// tests/engine/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "btf/btf.hpp"
#include "btf/module_builder.hpp"
#include "calls/call.hpp"
#include "calls/impl/dynptr.hpp"
#include "calls/impl/objects.hpp"
#include "rcu/rcu.hpp"
#include "runtime/context.hpp"
#include "runtime/facts.hpp"

namespace skep::calls {
using runtime::CallEnv;
using runtime::CallFn;
using runtime::CallResult;
using runtime::Continuation;
using runtime::Services;
using runtime::SleepFn;

namespace {

class FakeServices final : public Services {
 public:
  FakeServices() { open_memory.open_all(true); }
  std::uint64_t monotonic_ns() override { return 5; }
  std::uint64_t boot_ns() override { return 6; }
  std::uint64_t realtime_ns() override { return 7; }
  std::uint32_t random_u32() override { return 8; }
  std::uint64_t pid_tgid() override { return 9; }
  std::uint64_t uid_gid() override { return 10; }
  std::string_view comm() override { return "a-long-name-for-a-task"; }
  unsigned cpu_count() override { return 2; }
  async::Executor& executor() override { std::abort(); }
  void trace_printk(std::string_view line) override { traced += line; }
  int read_memory(void* to, std::uint64_t from, std::size_t size) override {
    if (from < 4096 || from > 0x7fff'ffff'ffff) return -EFAULT;
    const auto* bytes = reinterpret_cast<const volatile std::uint8_t*>(from);
    for (std::size_t i = 0; i < size; ++i) static_cast<std::uint8_t*>(to)[i] = bytes[i];
    return 0;
  }
  int write_memory(std::uint64_t, const void*, std::size_t) override { return -EFAULT; }
  std::string traced;
};

class FakeEnv final : public CallEnv {
 public:
  Services& services() override { return given; }
  unsigned cpu() const override { return at_cpu; }
  const runtime::Program& program() const override { std::abort(); }
  void* context() const override { return nullptr; }
  std::shared_ptr<const runtime::Program> shared_program() const override { return nullptr; }
  bool on_stack(std::uint64_t, std::uint64_t) const override { return false; }
  CallResult invoke(const runtime::Subprogram&, std::array<std::uint64_t, 5>, const Continuation&) override {
    return {CallResult::Kind::callback, 0};
  }
  CallResult sleep(SleepFn operation, const Continuation& next) override {
    auto state = next.state;
    return CallResult::of(operation(state));
  }
  CallResult tail_call(const runtime::Program&) override { std::abort(); }
  const runtime::InsnFacts& call_site() const override { return site; }
  FakeServices given;
  unsigned at_cpu = 0;
  runtime::InsnFacts site;
};

// Strings in memory whose neighborhood may be read.
struct alignas(64) Text {
  char bytes[192] = {};
  explicit Text(std::string_view s) { std::memcpy(bytes, s.data(), s.size()); }
  std::uint64_t at() const { return reinterpret_cast<std::uint64_t>(bytes); }
};
template <typename T>
std::uint64_t at(T& object) {
  return reinterpret_cast<std::uint64_t>(&object);
}

class Runtime : public testing::Test {
 protected:
  static CallFn code_of(std::string_view name) {
    const Helper* helper = find_helper(name);
    const CallFn fn = helper != nullptr ? helper->fn : find_kfunc(name)->fn;
    EXPECT_NE(fn, nullptr) << name;
    return fn;
  }
  template <typename... Args>
  std::int64_t call(std::string_view name, Args... args) {
    const std::array<std::uint64_t, 5> r = {static_cast<std::uint64_t>(args)...};
    const CallResult result = code_of(name)(env_, r[0], r[1], r[2], r[3], r[4]);
    EXPECT_EQ(result.kind, CallResult::Kind::value);
    return static_cast<std::int64_t>(result.value);
  }
  FakeEnv env_;
};

TEST_F(Runtime, ComparesAndSearchesStrings) {
  const Text hello("hello world"), world("WORLD"), empty(""), prefix("hello");
  EXPECT_EQ(call("bpf_strcmp", hello.at(), hello.at()), 0);
  EXPECT_EQ(call("bpf_strcmp", hello.at(), prefix.at()), 1);
  EXPECT_EQ(call("bpf_strcmp", prefix.at(), hello.at()), -1);
  EXPECT_EQ(call("bpf_strncasecmp", hello.at(), prefix.at(), 5), 0);
  EXPECT_EQ(call("bpf_strlen", hello.at()), 11);
  EXPECT_EQ(call("bpf_strnlen", hello.at(), 3), 3);
  EXPECT_EQ(call("bpf_strchr", hello.at(), 'o'), 4);
  EXPECT_EQ(call("bpf_strchr", hello.at(), 'x'), -ENOENT);
  EXPECT_EQ(call("bpf_strchrnul", hello.at(), 'x'), 11);
  EXPECT_EQ(call("bpf_strnchr", hello.at(), 5, 'w'), -ENOENT);
  EXPECT_EQ(call("bpf_strrchr", hello.at(), 'l'), 9);
  EXPECT_EQ(call("bpf_strstr", hello.at(), world.at()), -ENOENT);
  EXPECT_EQ(call("bpf_strcasestr", hello.at(), world.at()), 6);
  EXPECT_EQ(call("bpf_strnstr", hello.at(), prefix.at(), 4), -ENOENT);
  EXPECT_EQ(call("bpf_strnstr", empty.at(), empty.at(), 0), 0);
  EXPECT_EQ(call("bpf_strlen", 1), -ERANGE);
  EXPECT_EQ(call("bpf_strlen", -1), -EFAULT);
}

// What Linux 7.3 answered. The two zeros of one's complement are not the same to programs.
TEST_F(Runtime, ChecksumDifferencesAreTheKernels) {
  using Words = std::array<std::uint32_t, 4>;
  static constexpr Words zeros = {}, some = {0x01020304, 0xdeadbeef, 0xffffffff, 7},
                         others = {0xffffffff, 0xffffffff, 0x12345678, 0x9abcdef0};
  struct Case {
    const Words& from;
    std::uint32_t from_size;
    const Words& to;
    std::uint32_t to_size, seed, expected;
  };
  const Case cases[] = {
      {zeros, 4, zeros, 0, 0, 0},
      {zeros, 0, zeros, 4, 0, 0},
      {zeros, 4, zeros, 4, 0, 0xffff},
      {zeros, 0, zeros, 0, 0, 0},
      {some, 16, zeros, 0, 0, 0x5e55},
      {zeros, 0, some, 16, 0, 0xa1aa},
      {some, 16, others, 16, 0, 0x40af},
      {some, 16, others, 16, 0xffffffff, 0x40af},
      {some, 8, others, 4, 0x12345, 0x81a2},
      {some, 16, some, 16, 0, 0xffff},
      {some, 16, some, 16, 0xffff, 0xffff},
      {zeros, 4, zeros, 0, 0xffffffff, 0xffff},
      {zeros, 0, zeros, 0, 0x12345678, 0x68ac},
      {zeros, 0, others, 4, 0, 0xffff},
      {others, 4, zeros, 0, 0, 0},
      {zeros, 0, others, 16, 0xfffffff0, 0xe24a},
      {some, 4, others, 16, 1, 0xde54},
      {zeros, 4, zeros, 4, 0xffffffff, 0xffff},
  };
  for (const Case& c : cases)
    EXPECT_EQ(call("bpf_csum_diff", c.from_size != 0 ? at(c.from) : 0, c.from_size, c.to_size != 0 ? at(c.to) : 0,
                   c.to_size, c.seed),
              c.expected)
        << "case " << &c - cases;
  EXPECT_EQ(call("bpf_csum_diff", at(some), 3, 0, 0, 0), -EINVAL);
}

TEST_F(Runtime, SetsOfCpus) {
  // Two CPUs: bits beyond them count for nothing.
  const auto set = static_cast<std::uint64_t>(call("bpf_cpumask_create"));
  const auto other = static_cast<std::uint64_t>(call("bpf_cpumask_create"));
  ASSERT_NE(set, 0U);
  EXPECT_EQ(call("bpf_cpumask_empty", set), 1);
  EXPECT_EQ(call("bpf_cpumask_first", set), 2) << "none";
  EXPECT_EQ(call("bpf_cpumask_first_zero", set), 0);
  call("bpf_cpumask_set_cpu", 1, set);
  call("bpf_cpumask_set_cpu", 2, set);
  call("bpf_cpumask_set_cpu", -1, set);
  EXPECT_EQ(call("bpf_cpumask_weight", set), 1);
  EXPECT_EQ(call("bpf_cpumask_first", set), 1);
  EXPECT_EQ(call("bpf_cpumask_any_distribute", set), 1);
  EXPECT_EQ(call("bpf_cpumask_test_cpu", 1, set), 1);
  EXPECT_EQ(call("bpf_cpumask_test_cpu", 100'000, set), 0);
  EXPECT_EQ(call("bpf_cpumask_test_and_set_cpu", 0, set), 0);
  EXPECT_EQ(call("bpf_cpumask_full", set), 1);
  EXPECT_EQ(call("bpf_cpumask_test_and_clear_cpu", 0, set), 1);
  call("bpf_cpumask_setall", other);
  EXPECT_EQ(call("bpf_cpumask_subset", set, other), 1);
  EXPECT_EQ(call("bpf_cpumask_subset", other, set), 0);
  EXPECT_EQ(call("bpf_cpumask_intersects", set, other), 1);
  EXPECT_EQ(call("bpf_cpumask_first_and", set, other), 1);
  call("bpf_cpumask_xor", other, set, other);
  EXPECT_EQ(call("bpf_cpumask_first", other), 0);
  EXPECT_EQ(call("bpf_cpumask_and", other, set, other), 0) << "nothing in common";
  call("bpf_cpumask_or", other, set, other);
  EXPECT_EQ(call("bpf_cpumask_equal", set, other), 1);
  EXPECT_EQ(call("bpf_cpumask_empty", 0), 1) << "a null set";
  std::uint64_t bits = ~std::uint64_t{0};
  EXPECT_EQ(call("bpf_cpumask_populate", set, at(bits), 7), -EACCES);
  EXPECT_EQ(call("bpf_cpumask_populate", set, at(bits), 8), 0);
  EXPECT_EQ(call("bpf_cpumask_weight", set), 2);
  call("bpf_cpumask_acquire", set);
  for (const std::uint64_t each : {set, set, other}) call("bpf_cpumask_release", each);
  rcu::barrier();
}

TEST_F(Runtime, ReadsNumbers) {
  std::int64_t value = 0;
  const auto read = [&](const char* text, std::uint64_t base) {
    return call("bpf_strtol", reinterpret_cast<std::uint64_t>(text), std::strlen(text), base, at(value));
  };
  EXPECT_EQ(read(" -42x", 10), 4);
  EXPECT_EQ(value, -42);
  EXPECT_EQ(read("0x1f", 0), 4);
  EXPECT_EQ(value, 31);
  EXPECT_EQ(read("017", 0), 3);
  EXPECT_EQ(value, 15);
  EXPECT_EQ(read("-9223372036854775808", 10), 20);
  EXPECT_EQ(read("9223372036854775808", 10), -ERANGE);
  EXPECT_EQ(read("x", 10), -EINVAL);
  EXPECT_EQ(read("1", 7), -EINVAL);
}

TEST_F(Runtime, CountsThroughNumbersAndBits) {
  std::array<std::uint64_t, 2> it = {};
  ASSERT_EQ(call("bpf_iter_num_new", at(it), 3, 5), 0);
  for (const int expected : {3, 4}) EXPECT_EQ(*reinterpret_cast<int*>(call("bpf_iter_num_next", at(it))), expected);
  EXPECT_EQ(call("bpf_iter_num_next", at(it)), 0);
  EXPECT_EQ(call("bpf_iter_num_next", at(it)), 0);
  EXPECT_EQ(call("bpf_iter_num_new", at(it), 5, 3), -EINVAL);
  EXPECT_EQ(call("bpf_iter_num_new", at(it), 0, 8'388'609), -E2BIG);

  std::array<std::uint64_t, 2> words = {std::uint64_t{1} << 63, 5};
  ASSERT_EQ(call("bpf_iter_bits_new", at(it), at(words), 2), 0);
  for (const int expected : {63, 64, 66})
    EXPECT_EQ(*reinterpret_cast<int*>(call("bpf_iter_bits_next", at(it))), expected);
  EXPECT_EQ(call("bpf_iter_bits_next", at(it)), 0);
  call("bpf_iter_bits_destroy", at(it));
  EXPECT_EQ(call("bpf_iter_bits_new", at(it), at(words), 512), -E2BIG);
}

TEST_F(Runtime, Formats) {
  const Text name("bee");
  const auto print = [&](std::string_view pattern, std::uint64_t a = 0, std::uint64_t b = 0) {
    const std::string zero_terminated(pattern);
    env_.given.traced.clear();
    const auto result = call("bpf_trace_printk", reinterpret_cast<std::uint64_t>(zero_terminated.c_str()),
                             zero_terminated.size() + 1, a, b);
    return result < 0 ? "error " + std::to_string(result) : env_.given.traced;
  };
  EXPECT_EQ(print("%d %u", std::uint64_t(-1), 7), "-1 7");
  EXPECT_EQ(print("%lld %llx", std::uint64_t(-1), 255), "-1 ff");
  EXPECT_EQ(print("%s|%%|%c", name.at(), 'x'), "bee|%|x");
  EXPECT_EQ(print("%05d %-3u|", 42, 7), "00042 7  |");
  const std::array<std::uint8_t, 4> ip = {127, 0, 0, 1};
  EXPECT_EQ(print("%pI4", at(ip)), "127.0.0.1");
  EXPECT_EQ(print("%d %d %d %d"), "error -22");
  EXPECT_EQ(print("%f", 1), "error -22");
}

TEST_F(Runtime, MovesAndNarrowsDynptrs) {
  std::array<std::uint8_t, 8> bytes = {1, 2, 3, 4, 5, 6, 7, 8};
  impl::Dynptr p;
  std::array<std::uint8_t, 4> out = {};
  ASSERT_EQ(call("bpf_dynptr_from_mem", at(bytes), 8, 0, at(p)), 0);
  EXPECT_EQ(call("bpf_dynptr_read", at(out), 4, at(p), 2, 0), 0);
  EXPECT_EQ(out, (std::array<std::uint8_t, 4>{3, 4, 5, 6}));
  EXPECT_EQ(call("bpf_dynptr_read", at(out), 4, at(p), 5, 0), -E2BIG);
  EXPECT_EQ(call("bpf_dynptr_adjust", at(p), 4, 6), 0);
  EXPECT_EQ(call("bpf_dynptr_size", at(p)), 2);
  EXPECT_EQ(call("bpf_dynptr_write", at(p), 0, at(out), 2, 0), 0);
  EXPECT_EQ(bytes[4], 3);
  EXPECT_EQ(call("bpf_dynptr_adjust", at(p), 0, 3), -ERANGE);
  EXPECT_EQ(call("bpf_dynptr_from_mem", at(bytes), 8, 1, at(p)), -EINVAL);
  EXPECT_EQ(call("bpf_dynptr_is_null", at(p)), 1);
}

// Results of 7.3.
TEST_F(Runtime, ReadsMemoryIntoADynptr) {
  const Text source("0123456789");
  std::array<std::uint8_t, 64> bytes;
  bytes.fill('x');
  impl::Dynptr p, null;
  ASSERT_EQ(call("bpf_dynptr_from_mem", at(bytes), 64, 0, at(p)), 0);
  EXPECT_EQ(call("bpf_dynptr_from_mem", at(bytes), 64, 1, at(null)), -EINVAL);
  EXPECT_EQ(call("bpf_probe_read_kernel_dynptr", at(p), 4, 8, source.at()), 0);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 13), "xxxx01234567x");
  constexpr const char* name = "bpf_probe_read_kernel_dynptr";
  EXPECT_EQ(call(name, at(p), 60, 8, source.at()), -E2BIG);
  EXPECT_EQ(call(name, at(p), 65, 0, source.at()), -E2BIG);
  EXPECT_EQ(call(name, at(p), 64, 0, source.at()), 0);
  EXPECT_EQ(call(name, at(p), ~std::uint64_t{0}, 2, source.at()), -E2BIG);
  EXPECT_EQ(call(name, at(p), 20, 8, 1), -ERANGE);
  EXPECT_EQ(call(name, at(p), 0, 0, 1), -ERANGE);
  EXPECT_EQ(call(name, at(p), 20, 8, -1), -EFAULT);
  EXPECT_EQ(bytes[20], 'x');
  EXPECT_EQ(call(name, at(null), 0, 8, source.at()), -E2BIG);
  EXPECT_EQ(call(name, at(null), 0, 0, source.at()), 0);
  p.read_only = 1;
  EXPECT_EQ(call(name, at(p), 0, 8, source.at()), -EINVAL);
}

// Results of 7.3, for both versions of IP and each value of the two bits.
TEST_F(Runtime, MarksPacketsThatMetCongestion) {
  struct Row {
    bool six;
    unsigned before;
    int result;
    unsigned after;
    std::array<std::uint8_t, 2> checksum;
  };
  constexpr Row rows[] = {
      {false, 0, 0, 0x00, {0x12, 0x34}}, {false, 1, 1, 0x03, {0x12, 0x32}}, {false, 2, 1, 0x03, {0x12, 0x33}},
      {false, 3, 1, 0x03, {0x12, 0x34}}, {true, 0, 0, 0x00, {0x12, 0x34}},  {true, 1, 1, 0x30, {0x12, 0x34}},
      {true, 2, 1, 0x30, {0x12, 0x34}},  {true, 3, 1, 0x30, {0x12, 0x34}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << (row.six ? "IPv6 " : "IPv4 ") << row.before);
    runtime::Packet packet;
    packet.storage.assign(50, 0);
    packet.end = packet.storage.size();
    packet.storage[0] = row.six ? 0x60 : 0x45;
    packet.storage[1] = static_cast<std::uint8_t>(row.before << (row.six ? 4 : 0));
    packet.storage[10] = 0x12;
    packet.storage[11] = 0x34;
    runtime::Context context(192);
    context.header().packet = &packet;
    context.header().protocol = row.six ? 0xdd86 : 0x0008;
    const auto skb = reinterpret_cast<std::uint64_t>(context.address());
    EXPECT_EQ(call("bpf_skb_ecn_set_ce", skb), row.result);
    EXPECT_EQ(packet.storage[1], row.after);
    EXPECT_EQ(packet.storage[10], row.checksum[0]);
    EXPECT_EQ(packet.storage[11], row.checksum[1]);
    context.header().protocol = 0x0608;  // ARP
    EXPECT_EQ(call("bpf_skb_ecn_set_ce", skb), 0);
    packet.end = 19;
    context.header().protocol = row.six ? 0xdd86 : 0x0008;
    EXPECT_EQ(call("bpf_skb_ecn_set_ce", skb), 0) << "cut short";
  }
}

// A run that is stopped gives back what is noted; a program's own way there strikes it out, once each.
TEST_F(Runtime, NotesWhatAProgramHolds) {
  const auto held = [&] { return env_.holdings.size(); };
  std::uint32_t lock = 0;
  call("bpf_spin_lock", at(lock));
  EXPECT_EQ(held(), 1U);
  env_.site.value = 40;  // the size
  const auto object = static_cast<std::uint64_t>(call("bpf_obj_new"));
  EXPECT_EQ(call("bpf_refcount_acquire", object), static_cast<std::int64_t>(object));
  EXPECT_EQ(held(), 3U);
  env_.site.value = 0;  // where the node is
  std::array<std::uint64_t, 2> head{};
  call("bpf_list_push_back", at(head), object);
  EXPECT_EQ(held(), 2U);
  btf::Field field;
  env_.site.field = std::make_shared<const btf::Field>(field);
  EXPECT_EQ(call("bpf_list_pop_front", at(head)), static_cast<std::int64_t>(object));
  EXPECT_EQ(held(), 3U);
  call("bpf_obj_drop", object);
  call("bpf_obj_drop", object);
  call("bpf_spin_unlock", at(lock));
  EXPECT_EQ(held(), 0U);
  const auto set = static_cast<std::uint64_t>(call("bpf_cpumask_create"));
  call("bpf_cpumask_acquire", set);
  EXPECT_EQ(held(), 2U);
  call("bpf_cpumask_release", set);
  call("bpf_cpumask_release", set);
  EXPECT_EQ(held(), 0U);
  std::array<std::uint64_t, 2> it{}, words{1, 2};
  call("bpf_iter_bits_new", at(it), at(words), 2);
  EXPECT_EQ(held(), 1U);
  env_.holdings.give_all_back();
  EXPECT_EQ(held(), 0U);
  call("bpf_res_spin_lock", at(lock));
  call("bpf_cpumask_create");
  env_.holdings.give_all_back();
  EXPECT_EQ(lock, 0U);
}

TEST_F(Runtime, TakesALockOnce) {
  std::uint32_t lock = 0;
  EXPECT_EQ(call("bpf_spin_lock", at(lock)), 0);
  env_.at_cpu = 1;
  EXPECT_EQ(code_of("bpf_spin_lock")(env_, at(lock), 0, 0, 0, 0).kind, CallResult::Kind::retry);
  EXPECT_EQ(call("bpf_spin_unlock", at(lock)), 0);
  EXPECT_EQ(call("bpf_res_spin_lock", at(lock)), 0);
  EXPECT_EQ(call("bpf_res_spin_lock", at(lock)), -EDEADLK);
}

TEST_F(Runtime, TellsLocksThatWaitForEachOther) {
  std::uint32_t one = 0, other = 0;
  env_.given.lock_waits = std::make_unique<runtime::LockWaits>(2);
  runtime::Holdings of_other_cpu;
  const auto on_other_cpu = [&] {
    std::swap(env_.holdings, of_other_cpu);
    env_.at_cpu ^= 1;
  };
  EXPECT_EQ(call("bpf_res_spin_lock", at(one)), 0);
  on_other_cpu();
  EXPECT_EQ(call("bpf_res_spin_lock", at(other)), 0);
  on_other_cpu();
  EXPECT_EQ(code_of("bpf_res_spin_lock")(env_, at(other), 0, 0, 0, 0).kind, CallResult::Kind::retry);
  on_other_cpu();
  EXPECT_EQ(call("bpf_res_spin_lock", at(one)), -EDEADLK);
  EXPECT_EQ(call("bpf_res_spin_unlock", at(other)), 0);
  on_other_cpu();
  EXPECT_EQ(call("bpf_res_spin_lock", at(other)), 0);
  EXPECT_EQ(call("bpf_res_spin_lock", at(other)), -EDEADLK);  // its own
  env_.holdings.give_all_back();
}

TEST_F(Runtime, KeepsListsInOrderAndNodesInOneList) {
  struct Object {
    std::uint64_t value;
    std::array<std::uint64_t, 3> node;
  };
  std::array<std::uint64_t, 2> head = {}, other = {};
  env_.site.value = sizeof(Object);
  const auto make = [&](std::uint64_t value) {
    auto* object = reinterpret_cast<Object*>(call("bpf_obj_new"));
    object->value = value;
    return object;
  };
  Object *a = make(1), *b = make(2), *c = make(3);
  env_.site.value = offsetof(Object, node);
  EXPECT_EQ(call("bpf_list_empty", at(head)), 1);
  EXPECT_EQ(call("bpf_list_push_back", at(head), at(a->node)), 0);
  EXPECT_EQ(call("bpf_list_push_front", at(head), at(b->node)), 0);
  EXPECT_EQ(call("bpf_list_add", at(head), at(c->node), at(b->node)), 0);  // b c a
  call("bpf_refcount_acquire", at(*a));
  EXPECT_EQ(call("bpf_list_push_back", at(other), at(a->node)), -EINVAL);
  EXPECT_EQ(call("bpf_list_is_first", at(head), at(b->node)), 1);
  EXPECT_EQ(call("bpf_list_is_last", at(other), at(a->node)), 0);
  EXPECT_EQ(call("bpf_list_del", at(head), at(c->node)), static_cast<std::int64_t>(at(c->node)));
  EXPECT_EQ(call("bpf_list_del", at(head), at(c->node)), 0);
  EXPECT_EQ(call("bpf_list_pop_back", at(head)), static_cast<std::int64_t>(at(a->node)));
  EXPECT_EQ(call("bpf_list_pop_back", at(head)), static_cast<std::int64_t>(at(b->node)));
  EXPECT_EQ(call("bpf_list_pop_front", at(head)), 0);
  for (Object* object : {a, b, c}) call("bpf_obj_drop", at(*object));
}

// An object that is dropped gives up what its fields hold, and nothing that somebody else holds too.
TEST_F(Runtime, DropsWhatADroppedObjectHolds) {
  struct Owner {
    std::array<std::uint64_t, 2> list, tree;
    std::uint64_t kptr, untrusted;
  };
  struct Node {
    std::array<std::uint64_t, 3> list;
    std::array<std::uint64_t, 4> tree;
  };
  btf::ParseError problem;
  const auto program_types = btf::Btf::parse(btf::small_kernel_btf(), nullptr, false, problem);
  ASSERT_TRUE(program_types) << problem.message;
  auto record = std::make_shared<btf::Record>();
  const auto field = [&](btf::FieldKind kind, std::size_t offset, std::size_t node) {
    btf::Field made;
    made.kind = kind;
    made.offset = static_cast<std::uint32_t>(offset);
    made.node_offset = static_cast<std::uint32_t>(node);
    made.btf = program_types;
    record->fields.push_back(made);
  };
  field(btf::FieldKind::list_head, offsetof(Owner, list), offsetof(Node, list));
  field(btf::FieldKind::rb_root, offsetof(Owner, tree), offsetof(Node, tree));
  field(btf::FieldKind::kptr_ref, offsetof(Owner, kptr), 0);
  field(btf::FieldKind::kptr_unref, offsetof(Owner, untrusted), 0);
  env_.site.value = sizeof(Owner);
  env_.site.record = record;
  auto* owner = reinterpret_cast<Owner*>(call("bpf_obj_new"));
  env_.site.value = sizeof(Node);
  env_.site.record = nullptr;
  std::array<Node*, 6> nodes = {};  // two in the list, one in the tree, one in each kptr, one nowhere
  for (Node*& node : nodes) {
    node = reinterpret_cast<Node*>(call("bpf_obj_new"));
    call("bpf_refcount_acquire", at(*node));  // this test's
  }
  env_.site.value = offsetof(Node, list);
  call("bpf_list_push_back", at(owner->list), at(nodes[0]->list));
  call("bpf_list_push_back", at(owner->list), at(nodes[1]->list));
  env_.site.value = offsetof(Node, tree);
  call("bpf_rbtree_add", at(owner->tree), at(nodes[2]->tree));
  owner->kptr = at(*nodes[3]);
  owner->untrusted = at(*nodes[4]);
  call("bpf_obj_drop", at(*owner));
  rcu::barrier();
  const auto references = [](Node* node) { return impl::header_of_object(node).references.load(); };
  EXPECT_THAT((std::array{references(nodes[0]), references(nodes[1]), references(nodes[2]), references(nodes[3]),
                          references(nodes[4]), references(nodes[5])}),
              testing::ElementsAre(1, 1, 1, 1, 2, 2));
  std::array<std::uint64_t, 2> head = {};
  EXPECT_EQ(call("bpf_list_push_back", at(head), at(nodes[0]->list)), 0);  // it is in no list any more
  for (Node* node : nodes) call("bpf_obj_drop", at(*node));
  for (Node* node : {nodes[4], nodes[5]}) call("bpf_obj_drop", at(*node));
}

TEST_F(Runtime, SumsChecksums) {
  const std::array<std::uint32_t, 1> from = {0x00010002}, to = {0x00030004};
  EXPECT_EQ(call("bpf_csum_diff", 0, 0, at(to), 4, 0), 0x0007);
  EXPECT_EQ(call("bpf_csum_diff", at(from), 4, at(from), 4, 0), 0xffff);
  EXPECT_EQ(call("bpf_csum_diff", at(from), 3, 0, 0, 0), -EINVAL);
}

TEST_F(Runtime, CopiesWhatCanBeRead) {
  const Text name("bee");
  std::array<char, 8> out = {'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x'};
  EXPECT_EQ(call("bpf_probe_read_kernel_str", at(out), 8, name.at()), 4);
  EXPECT_STREQ(out.data(), "bee");
  EXPECT_EQ(call("bpf_probe_read_kernel_str", at(out), 3, name.at()), 3);
  EXPECT_STREQ(out.data(), "be");
  EXPECT_EQ(call("bpf_copy_from_user", at(out), 8, 8), -EFAULT);
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(call("bpf_get_current_comm", at(out), 8), 0);
  EXPECT_STREQ(out.data(), "a-long-");
}

}  // namespace
}  // namespace skep::calls
