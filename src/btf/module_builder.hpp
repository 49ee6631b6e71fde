// Makes the BTF of a module of ours out of C text: prototypes of the functions that it provides and structs of its own.
// Types that the base knows by name and kind are the base's, everything else is made. Each function is tagged
// "bpf_kfunc", as a kernel's are. Without a base the result stands alone. Tested by tests/btf/module_builder_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"

namespace skep::btf {

class ModuleBuilder {
 public:
  struct Declared {
    std::string name;
    std::size_t parameters = 0;
  };

  explicit ModuleBuilder(std::shared_ptr<const Btf> base);

  // "int f(struct x *p, void *p__map, int (*callback)(void *, int *), u32 flags)". A failure changes nothing that
  // counts. `declared`, if not null, is told what was read.
  bool add_function(std::string_view prototype, std::string& error, Declared* declared = nullptr);
  // A function that programs are attached to and cannot call.
  bool add_traced_function(std::string_view prototype, std::string& error, Declared* declared = nullptr);
  // "int counter": a variable of each CPU.
  bool add_per_cpu(std::string_view declaration, std::string& error);
  // "struct x { u64 a[2]; struct y *b; }", also union and enum. In a base that has it nothing is added.
  bool add_struct(std::string_view definition, std::string& error);
  bool add_typedef(std::string_view definition, std::string& error);  // "typedef unsigned int u32"
  // FUNC `func` of `from` with its prototype; types are looked up in the base by name and kind, or copied (structs by
  // name only). `name` replaces the function's, if not empty.
  bool copy_function(const Btf& from, TypeId func, std::string& error, std::string_view name = {});

  // Whether the base, or what was made, has a type of the name.
  bool knows(std::string_view name, Kind kind) { return named(name, kind) != 0; }

  std::vector<std::uint8_t> finish();

 private:
  friend class PrototypeParser;
  void add_per_cpu_section();
  TypeId add(std::string_view name, Kind kind, std::uint32_t vlen, std::uint32_t size_or_type,
             std::span<const std::uint32_t> extra = {}, bool kind_flag = false);
  TypeId named(std::string_view name, Kind kind);  // in the base or here; 0: nowhere
  TypeId integer(std::string_view name, std::uint32_t size, std::uint32_t encoding);
  TypeId tagged(std::string_view name, Kind kind);  // struct, union or enum by tag, declared if need be
  TypeId derived(Kind kind, TypeId target);         // pointer, const, …, shared
  TypeId behind_names(TypeId id) const;
  std::uint32_t size_of(TypeId id) const;  // bytes, 0 for none; of types made here and in the base
  std::uint32_t align_of(TypeId id) const;
  TypeId copy(const Btf& from, TypeId id, int depth, std::string& error);
  std::uint32_t string(std::string_view text);

  struct Made {
    std::string name;
    Kind kind;
    std::uint32_t size;  // or the type referred to
    std::uint32_t align;
    std::vector<std::uint32_t> words;
  };
  std::shared_ptr<const Btf> base_;
  std::uint32_t string_begin_ = 0;
  TypeId first_ = 1;
  std::vector<Made> made_;
  std::string strings_;
  std::vector<std::pair<TypeId, std::uint32_t>> per_cpu_;  // variables and their sizes
  std::map<std::string, std::uint32_t, std::less<>> string_offsets_;
  std::map<std::pair<Kind, std::string>, TypeId> names_;
  std::map<std::pair<Kind, TypeId>, TypeId> derived_;
};

// A copy of a kernel's raw BTF in which functions of these names can no longer be found by name; ids stay what they
// are. Loaders look into the kernel's types first, and must not find there what Skep defines itself.
std::vector<std::uint8_t> hide_functions(const Btf& kernel, std::span<const std::string_view> names);

// A small vmlinux of our own, for machines without any: integers, the opaque types of maps, some contexts.
std::vector<std::uint8_t> small_kernel_btf();

}  // namespace skep::btf
