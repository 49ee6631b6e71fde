// Types of objects that libbpf must not follow: each is refused when it is parsed, and what is like it and sound is
// not.
#include "loader/sound_types.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace {

using Types = std::unique_ptr<btf, decltype(&btf__free)>;

struct Row {
  const char* what;
  void (*make)(btf* types);  // the first type has id 1
  bool sound;
};

constexpr int absent = 1000;

void chain(btf* types, int length) {
  btf__add_int(types, "int", 4, BTF_INT_SIGNED);
  for (int i = 1; i <= length; ++i) btf__add_typedef(types, "t", i);
}

// A map of this type.
void map(btf* types, int type) {
  btf__add_int(types, "int", 4, BTF_INT_SIGNED);
  btf__add_array(types, 1, 1, static_cast<__u32>(type));
  btf__add_ptr(types, 2);
  btf__add_struct(types, "", 8);
  btf__add_field(types, "type", 3, 0, 0);
  btf__add_var(types, "map", BTF_VAR_GLOBAL_ALLOCATED, 4);
  btf__add_datasec(types, ".maps", 8);
  btf__add_datasec_var_info(types, 5, 0, 8);
}

const Row rows[] = {
    {"a hash map", [](btf* types) { map(types, BPF_MAP_TYPE_HASH); }, true},
    {"a map that poses as a table", [](btf* types) { map(types, BPF_MAP_TYPE_STRUCT_OPS); }, false},
    {"a list",
     [](btf* types) {
       btf__add_struct(types, "list", 8);
       btf__add_field(types, "next", 2, 0, 0);
       btf__add_ptr(types, 1);
     },
     true},
    {"a function that takes a pointer to its own type",
     [](btf* types) {
       btf__add_typedef(types, "again", 2);
       btf__add_ptr(types, 3);
       btf__add_func_proto(types, 0);
       btf__add_func_param(types, "again", 1);
     },
     true},
    {"any number of arguments",
     [](btf* types) {
       btf__add_func_proto(types, 0);
       btf__add_func_param(types, nullptr, 0);
     },
     true},
    {"names of names", [](btf* types) { chain(types, 400); }, true},
    {"names of names without end", [](btf* types) { chain(types, 600); }, false},
    {"a function that returns what is not there", [](btf* types) { btf__add_func_proto(types, absent); }, false},
    {"a pointer to what is not there", [](btf* types) { btf__add_ptr(types, absent); }, false},
    {"a name of itself", [](btf* types) { btf__add_typedef(types, "t", 1); }, false},
    {"two names of each other",
     [](btf* types) {
       btf__add_typedef(types, "s", 2);
       btf__add_const(types, 1);
     },
     false},
    {"a struct in itself",
     [](btf* types) {
       btf__add_struct(types, "s", 8);
       btf__add_field(types, "s", 1, 0, 0);
     },
     false},
    {"a struct in an array in itself",
     [](btf* types) {
       btf__add_union(types, "u", 8);
       btf__add_field(types, "u", 2, 0, 0);
       btf__add_array(types, 3, 1, 1);
       btf__add_int(types, "int", 4, BTF_INT_SIGNED);
     },
     false},
    {"an array that is counted by itself",
     [](btf* types) {
       btf__add_array(types, 1, 2, 1);
       btf__add_int(types, "int", 4, BTF_INT_SIGNED);
     },
     false},
};

TEST(SoundTypes, AreWhatLibbpfMayFollow) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const Types made(btf__new_empty(), btf__free);
    row.make(made.get());
    __u32 size = 0;
    const void* const raw = btf__raw_data(made.get(), &size);
    ASSERT_NE(raw, nullptr);
    errno = 0;
    const Types parsed(btf__new(raw, size), btf__free);
    EXPECT_EQ(parsed != nullptr, row.sound);
    EXPECT_EQ(errno, row.sound ? 0 : EINVAL);
  }
}

}  // namespace
