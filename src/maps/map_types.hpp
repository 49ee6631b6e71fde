// The one definition of each map type: since when it exists, what its attributes may be, what its values may hold, what
// programs and commands may do with it, and who makes it.
//
// A definition stands in the file that implements the type (maps/hash.cpp, maps/sockmap.cpp, …) and is listed in
// map_types.cpp. Maps, verifier, bpf(2) and documentation read it; nobody else compares map types. Tested by
// tests/maps/map_types_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "rules/rules.hpp"
#include "skep/abi.hpp"
#include "skep/release.hpp"

namespace skep::maps {

struct MapInfo;
struct MapAttributes;
class Map;

// What a helper needs of its map, as the helper's entry says it (`Helper::map_use`), and what a map type offers.
namespace map_use {
inline constexpr std::uint32_t values = 1 << 0;  // its elements are values in memory that calls work on
inline constexpr std::uint32_t lookup = 1 << 1, update = 1 << 2, erase = 1 << 3;
inline constexpr std::uint32_t lookup_percpu = 1 << 4;
inline constexpr std::uint32_t for_each = 1 << 5;
inline constexpr std::uint32_t push = 1 << 6, pop = 1 << 7, peek = 1 << 8;
inline constexpr std::uint32_t tail_call = 1 << 9;
inline constexpr std::uint32_t redirect = 1 << 10;
inline constexpr std::uint32_t perf_events = 1 << 11;
inline constexpr std::uint32_t stack_ids = 1 << 12;
inline constexpr std::uint32_t cgroup_test = 1 << 13;  // whether something is under a cgroup of it
inline constexpr std::uint32_t cgroup_storage = 1 << 14;
inline constexpr std::uint32_t sockets_by_index = 1 << 15, sockets_by_key = 1 << 16;
inline constexpr std::uint32_t reuseport = 1 << 17;
inline constexpr std::uint32_t ring = 1 << 18, user_ring = 1 << 19;
inline constexpr std::uint32_t of_socket = 1 << 20, of_inode = 1 << 21, of_task = 1 << 22, of_cgroup = 1 << 23;
// What every map of plain values offers.
inline constexpr std::uint32_t elements = values | lookup | update | erase;
}  // namespace map_use

// What its elements are, to programs and to those that fill it.
enum class Holds : std::uint8_t {
  values,
  maps,
  programs,
  sockets,
  xdp_sockets,
  instructions,
  operations,  // programs that implement an interface of the kernel
  other,       // what programs never see
};

// What an instruction may name an address of.
enum class DirectValues : std::uint8_t {
  none,
  element,       // the only element of a map of one
  instructions,  // any place in the table
  pages,         // any byte
};

// What BTF for its key may be.
enum class KeyBtf : std::uint8_t { any, index, none, refused, struct_, integer };

// The special fields that its values may have.
namespace may_hold {
inline constexpr unsigned lock = 1, async = 2, kptr = 4, graph = 8, uptr = 16;
inline constexpr unsigned all_of_hash = lock | async | kptr | graph;
}  // namespace may_hold

// The batch commands that it takes, and where a lookup goes on: after the key given last unless it says otherwise.
namespace batch {
inline constexpr unsigned lookup = 1, update = 2, erase = 4, take = 8;
inline constexpr unsigned by_bucket = 16, by_next_key = 32;
inline constexpr unsigned all = lookup | update | erase | take;
}  // namespace batch

// Programs that are put into it, or that use it to hand packets on, must be of one kind.
enum class OneKind : std::uint8_t { no, of_type, of_type_and_attachment };

struct MapTypeDef {
  MapType type = MapType::unspec;
  std::string_view name;  // "lru_hash"
  Release since = {};
  std::string_view summary;
  bool holds_elements = true;  // false: it can be created and named by programs; its elements are not kept here yet

  // ---- what programs may do ----
  std::uint32_t uses = 0;  // map_use::
  Holds holds = Holds::values;
  bool in_programs = true;             // false: no program may name it
  bool in_sleepable_programs = false;  // those that sleep may too
  bool all_exist = false;              // every index below max_entries has an element
  bool per_cpu = false;                // an element has a value for each CPU
  DirectValues direct_values = DirectValues::none;
  std::string_view kernel_struct = "bpf_map";  // by which programs read what the map says of itself

  // ---- how it is made ----
  int (*check)(const MapInfo& info) = nullptr;                              // sizes, flags: 0, -EINVAL, -E2BIG, …
  std::shared_ptr<Map> (*make)(const MapAttributes& attributes) = nullptr;  // attributes are checked; null: no memory
  unsigned fields = 0;                                                      // may_hold::
  KeyBtf key_btf = KeyBtf::any;
  unsigned batches = 0;      // batch::
  bool takes_extra = false;  // map_extra may be other than 0
  bool special_btf = false;  // its BTF describes no key and value
  int as_inner = 0;          // what making a map of such maps gives
  OneKind one_kind = OneKind::no;
  bool lru = false;     // what was used least recently makes room
  bool is_set = false;  // lookups ask whether it has a value

  bool offers(std::uint32_t use) const { return (uses & use) == use; }
  bool is_keyless() const { return offers(map_use::push); }
  bool may_hold_work() const { return (fields & may_hold::async) != 0; }
};

std::span<const MapTypeDef* const> map_types();
const MapTypeDef* find_map_type(std::string_view name);
const MapTypeDef* find_map_type(MapType type);
// The definition of a type that exists; of any other, one that offers nothing.
const MapTypeDef& map_type(MapType type);
// Whether maps of the type can be created in a release.
bool is_map_type(const Rules& rules, MapType type);

}  // namespace skep::maps
