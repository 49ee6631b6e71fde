// An object's types, checked before libbpf goes through them.
//
// libbpf checks that types lie in their section and most of the ids in them; where it follows one that it has not
// checked (what a function returns), types that contain themselves, or that are nested without end, it dies or never
// ends. Such types are refused when they are parsed, as it refuses those of which it knows: an object that needs no
// types is loaded without. The kernel, which gets to see them later, accepts none of these. Tested by
// tests/loader/sound_types_test.cpp.
#include "loader/sound_types.hpp"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "loader/map_definitions.hpp"

extern "C" {
btf* __real_btf__new(const void* data, __u32 size);
btf* __wrap_btf__new(const void* data, __u32 size);
}

namespace skep::loader {
namespace {

// The kernel follows 32; with fewer frames than this, recursion has all the stack that it needs.
constexpr std::size_t deepest = 500;

struct Reference {
  std::uint32_t type;
  bool contained;  // without it the type has no size; a pointer or a prototype does without what it refers to
};

// The reference of a type at a place of its list; {0, false} past the end.
std::pair<Reference, bool> reference(const btf_type& type, std::uint32_t place) {
  const auto one = [place](std::uint32_t id, bool contained) {
    return std::pair{Reference{id, contained}, place == 0};
  };
  switch (btf_kind(&type)) {
    case BTF_KIND_PTR:
      return one(type.type, false);
    case BTF_KIND_FUNC:
      return one(type.type, false);
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return one(type.type, true);
    case BTF_KIND_ARRAY:
      if (place == 1) return {{btf_array(&type)->index_type, true}, true};
      return one(btf_array(&type)->type, true);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      if (place < btf_vlen(&type)) return {{btf_members(&type)[place].type, true}, true};
      return {{}, false};
    case BTF_KIND_DATASEC:
      if (place < btf_vlen(&type)) return {{btf_var_secinfos(&type)[place].type, true}, true};
      return {{}, false};
    case BTF_KIND_FUNC_PROTO:
      if (place == 0) return one(type.type, false);
      if (place <= btf_vlen(&type)) return {{btf_params(&type)[place - 1].type, false}, true};
      return {{}, false};
    default:
      return {{}, false};
  }
}

// What is contained in what, walked with a list of our own where recursion would need the stack.
class Containment {
 public:
  explicit Containment(const btf* types) : types_(types), depths_(btf__type_cnt(types)) {}

  bool is_sound() {
    for (std::uint32_t id = 1; id < depths_.size(); ++id)
      if (depths_[id] == unknown && !walk(id)) return false;
    return true;
  }

 private:
  static constexpr std::uint16_t unknown = 0, entered = 0xffff;
  struct Step {
    std::uint32_t type;
    std::uint32_t place;
    std::uint16_t depth;  // of what it contains, as far as that is known
  };

  bool walk(std::uint32_t first) {
    std::vector<Step> path;
    const auto enter = [&](std::uint32_t id) {
      depths_[id] = entered;
      path.push_back({id, 0, 0});
    };
    enter(first);
    while (!path.empty()) {
      Step& at = path.back();
      const auto [to, is_there] = reference(*btf__type_by_id(types_, at.type), at.place);
      if (!is_there) {
        const auto depth = static_cast<std::uint16_t>(at.depth + 1);
        if (depth > deepest) return false;
        depths_[at.type] = depth;
        path.pop_back();
        if (!path.empty()) path.back().depth = std::max(path.back().depth, depth);
        continue;
      }
      if (to.type >= depths_.size()) return false;
      ++at.place;
      if (!to.contained || to.type == 0) continue;
      if (depths_[to.type] == entered) return false;  // it contains itself
      if (depths_[to.type] == unknown)
        enter(to.type);
      else
        at.depth = std::max(at.depth, depths_[to.type]);
    }
    return true;
  }

  const btf* types_;
  std::vector<std::uint16_t> depths_;
};

}  // namespace

bool are_sound(const btf* types) {
  if (!Containment(types).is_sound()) return false;
  bool poses_as_table = false;
  each_map_number(types, "type", [&](std::uint32_t, std::uint32_t, const struct btf_array& array) {
    poses_as_table |= array.nelems == BPF_MAP_TYPE_STRUCT_OPS;
  });
  return !poses_as_table;
}

}  // namespace skep::loader

btf* __wrap_btf__new(const void* data, __u32 size) {
  btf* const types = __real_btf__new(data, size);
  if (types == nullptr || skep::loader::are_sound(types)) return types;
  btf__free(types);
  errno = EINVAL;
  return nullptr;
}
