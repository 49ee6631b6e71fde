// What a Btf holds, for the files that make one: the parser fills it, everyone else only reads it through btf.hpp.
// Lookups by name and by decorated type are indexed when first asked for, because most Btfs are never searched. Of a
// kernel's 130,000 types a program needs a few hundred: where the index of kernel_index.hpp vouches for all of them,
// each is read from its bytes when somebody first looks at it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"
#include "btf/kernel_index.hpp"

namespace skep::btf {

// Memory that costs nothing until it is touched, all zeros.
template <typename T>
using Untouched = std::unique_ptr<T[], decltype(&std::free)>;
template <typename T>
Untouched<T> untouched(std::size_t count) {
  auto* memory = static_cast<T*>(std::calloc(count, sizeof(T)));
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, &std::free};
}

// Members, parameters, …: each type's lie together and stay where they are.
class Parts {
 public:
  template <typename T>
  T* allocate(std::size_t count) {
    constexpr std::size_t least = 16 << 10;
    static_assert(alignof(T) <= alignof(std::max_align_t));
    const std::size_t size = (count * sizeof(T) + alignof(std::max_align_t) - 1) & -alignof(std::max_align_t);
    if (size > left_) {
      left_ = std::max(size, least);
      at_ = blocks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(left_)).get();
    }
    std::byte* begin = at_;
    at_ += size;
    left_ -= size;
    auto* parts = reinterpret_cast<T*>(begin);
    std::uninitialized_value_construct_n(parts, count);
    return parts;
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
};

struct Btf::Data {
  std::shared_ptr<const void> owner;  // of raw's bytes
  std::span<const std::uint8_t> raw;
  std::shared_ptr<const Btf> base;
  bool kernel = false;
  std::string module_name;

  std::uint32_t string_begin = 0;  // offset of the first own string: where the base's strings end
  std::string_view strings;        // points into raw
  TypeId first_id = 1;             // id of the first own type
  std::vector<Type> types;         // own types only, from first_id; without a base, types[0] is void
  Parts parts;

  TypeId index_base() const { return base ? first_id : 0; }  // id of types[0]
  TypeId end_id() const { return index_base() + static_cast<TypeId>(later ? later->index.count() : types.size()); }
  const Type& own_type(std::size_t at) const {
    if (!later) return types[at];
    if (std::atomic_ref(later->read[at]).load(std::memory_order_acquire) == 0) read_type(at);
    return later->types[at];
  }
  Kind kind_at(std::size_t at) const { return later ? later->index.kind(at) : types[at].kind; }
  std::string_view name_at(std::size_t at) const {
    return later ? strings.data() + later->index.name_offset(at) : types[at].name;
  }
  std::size_t size() const { return later ? later->index.count() : types.size(); }

  // Types that are read when they are looked at, instead of `types`.
  struct Later {
    static_assert(std::is_trivially_destructible_v<Type>);
    explicit Later(KernelIndex checked)
        : index(std::move(checked)),
          types(untouched<Type>(index.count())),
          read(untouched<std::uint8_t>(index.count())) {}
    KernelIndex index;
    Untouched<Type> types;
    Untouched<std::uint8_t> read;
    std::mutex lock;
  };
  std::unique_ptr<Later> later;
  void read_type(std::size_t at) const;  // parse.cpp

  // (kind, name) -> first own id, by open addressing; 0 is an empty slot. Types in the order of their names need none.
  mutable std::once_flag name_index_once;
  mutable std::vector<TypeId> name_index;
  void build_name_index() const;

  // Own declaration tags, ordered by what they decorate and then by id.
  struct DeclTag {
    TypeId target;
    std::int32_t component;
    TypeId id;
  };
  mutable std::once_flag decl_tags_once;
  mutable std::vector<DeclTag> decl_tags;
  void build_decl_tags() const;
};

}  // namespace skep::btf
