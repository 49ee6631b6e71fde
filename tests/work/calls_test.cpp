// What the calls return: docs/work-queues.md, "What the calls return". Each test bears its row's name.
#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr const char* element_maps[] = {"array", "hash", "hash_no_prealloc", "lru", "rhash"};

// Runs `check` on a fresh machine for every map that may hold an item, with an element 1 whose item is uninitialized.
template <typename Check>
void on_every_map(Check&& check) {
  for (const char* map : element_maps) {
    SCOPED_TRACE(map);
    Machine m;
    ASSERT_TRUE(m.ready());
    ASSERT_EQ(m.run(map, "update 1"), "0");
    check(m, map);
  }
}

TEST(Calls, init_ok) {
  on_every_map([](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "init 1"), "0"); });
}
TEST(Calls, init_flags) {
  on_every_map(
      [](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "init 1 1; init 1 0x10; init 1"), "EINVAL EINVAL 0"); });
}
TEST(Calls, init_twice) {
  on_every_map([](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "init 1; init 1"), "0 EBUSY"); });
}
TEST(Calls, init_no_user_reference) {
  Machine m;
  ASSERT_TRUE(m.ready());
  LIBBPF_OPTS(bpf_map_create_opts, options);
  const bpf_map* array = bpf_object__find_map_by_name(m.object(), "array");
  options.btf_fd = static_cast<__u32>(bpf_object__btf_fd(m.object()));
  options.btf_key_type_id = bpf_map__btf_key_type_id(array);
  options.btf_value_type_id = bpf_map__btf_value_type_id(array);
  const int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, sizeof(Elem), 16, &options);
  ASSERT_GE(inner, 0);
  const std::uint32_t zero = 0;
  ASSERT_EQ(bpf_map_update_elem(m.map_fd("outer"), &zero, &inner, 0), 0);
  EXPECT_EQ(m.run("inner", "init 1"), "0");
  close(inner);
  EXPECT_EQ(m.run("inner", "init 1; init 2"), "EPERM EPERM");
}
TEST(Calls, set_callback_ok) {
  on_every_map([](Machine& m, const char* map) {
    EXPECT_EQ(m.run(map, "init 1; set 1 quick; set 1 quick; start 1; set 1 quick"), "0 0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
  });
}
TEST(Calls, set_callback_flags) {
  on_every_map(
      [](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "init 1; set 1 quick 1; start 1"), "0 EINVAL EINVAL"); });
}
TEST(Calls, set_callback_uninitialised) {
  on_every_map([](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "set 1 quick"), "EINVAL"); });
}
// set_callback_no_user_reference: closing_map_test.cpp
TEST(Calls, set_callback_impl) {
  Machine m;
  const ObjectPtr object = load_object(m.kernel(), std::string(EXAMPLE_OBJECTS) + "/wq-618.bpf.o");
  ASSERT_NE(object, nullptr);
  std::uint32_t retval = 1;
  EXPECT_EQ(test_run(bpf_program__fd(bpf_object__find_program_by_name(object.get(), "array_from_tc")), true, &retval),
            0);
  EXPECT_EQ(retval, 0U);
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.kernel().work().ran, 1U);
}
TEST(Calls, start_ok) {
  on_every_map([](Machine& m, const char* map) {
    EXPECT_EQ(m.run(map, "init 1; set 1 quick; start 1; start 1"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.run(map, "start 1"), "0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 2U);
  });
}
TEST(Calls, start_flags) {
  on_every_map([](Machine& m, const char* map) {
    EXPECT_EQ(m.run(map, "init 1; set 1 quick; start 1 1"), "0 0 EINVAL");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 0U);
  });
}
TEST(Calls, start_uninitialised) {
  on_every_map([](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "start 1"), "EINVAL"); });
}
TEST(Calls, start_without_callback) {
  on_every_map([](Machine& m, const char* map) { EXPECT_EQ(m.run(map, "init 1; start 1"), "0 EINVAL"); });
}
TEST(Calls, after_cancellation) {
  on_every_map([](Machine& m, const char* map) {
    EXPECT_EQ(m.run(map, "init 1; set 1 quick; update 1; start 1; set 1 quick; init 1"), "0 0 0 EINVAL EINVAL 0");
    if (std::string_view(map) == "array") return;
    EXPECT_EQ(m.run(map, "delete 1; update 1; start 1; set 1 quick; init 1"), "0 0 EINVAL EINVAL 0");
  });
}
// Also from a callback, which is another context than a program's.
TEST(Calls, from_any_context) {
  on_every_map([](Machine& m, const char* map) {
    EXPECT_EQ(m.run(map, "init 1; set 1 set_other; start 1", "script_tc"), "0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], 0);
    EXPECT_EQ(m.trace().got[1], 0);
    EXPECT_EQ(m.trace().others, 1U);
  });
}

}  // namespace
}  // namespace skep::test
