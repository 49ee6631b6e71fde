// The types of an object, as the rest of Skep knows them: what the keys and values of its maps are, and its global
// variables, which can be set before it is loaded. Tested by tests/api/typed_values_test.cpp.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "btf/btf.hpp"

namespace skep::loader {

// Null: it has none.
std::shared_ptr<const btf::Btf> types_of(const bpf_object* object);

// As the map's definition says; 0: it does not.
struct MapTypes {
  btf::TypeId key = 0, value = 0;
};
MapTypes types_of(const btf::Btf& types, const bpf_map* map);
// The one struct that the object's types have of that size, if there is but one, for records of unknown types; 0. Those
// that are keys or values of maps count only if there is no other; the kernel's own (bpf_timer) never.
btf::TypeId record_type(const btf::Btf& types, std::size_t size);
// A type by its name: "struct event", "event", "__u32"; 0: there is none.
btf::TypeId find_type(const btf::Btf& types, std::string_view name);

// Sets a global variable of an object that is open and not loaded. `text`: JSON, or what stands for itself (an address,
// a name). False: `error`.
bool set_global(bpf_object* object, const btf::Btf& types, std::string_view name, std::string_view text,
                std::string& error);

}  // namespace skep::loader
