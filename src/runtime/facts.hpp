// What the verifier proved of one instruction of an accepted program: what engines, coverage, debuggers and profiles
// read.
//
// A fact holds whenever the instruction runs, on every path. Dead code is gone already: instructions that no path
// reaches are not in the program, and a branch that always goes one way is a jump, or is left out. `original` leads
// from an instruction back to its place in the program as it was loaded, and from there to its line. Tested by
// tests/kernel/facts_test.cpp; held against runs by the verifier's fuzzer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace skep::btf {
struct Field;
struct Record;
}  // namespace skep::btf
namespace skep::maps {
class Map;
}
namespace skep::calls {
struct Helper;
struct Kfunc;
}  // namespace skep::calls

namespace skep::runtime {

// What a load reads of what a map says of itself (`map->max_entries`); programs read by the offsets of the kernel's
// struct, which a map here has not. See map_field.hpp.
enum class MapField : std::uint8_t {
  none,
  operations,  // an address in the kernel
  type,
  key_size,
  value_size,
  max_entries,
  extra,
  flags,
  id,
  user_vm_start,  // arenas
  user_vm_end,
};

// An argument of a call. Scalars have bounds when the verifier relied on their value (sizes, keys, flags that it looked
// at): only then is it sure that all paths were held to them.
struct ArgumentFacts {
  bool bounded = false;   // min <= argument <= max, unsigned
  bool not_null = false;  // a pointer that is never null
  std::uint64_t min = 0, max = ~std::uint64_t{0};
  bool constant() const { return bounded && min == max; }
};
using CallFacts = std::array<ArgumentFacts, 5>;  // r1…r5

struct InsnFacts {
  // A call: of what.
  const calls::Helper* helper = nullptr;
  const calls::Kfunc* kfunc = nullptr;
  std::int32_t callee = -1;           // index of the subprogram called; 64-bit immediate load: whose address it is
  std::int32_t arguments = -1;        // index into Code::arguments, for calls of helpers and kfuncs
  maps::Map* map = nullptr;           // the one map that a call or an address here can mean; kept by Code::maps
  std::uint32_t original = 0;         // its place in the program as it was loaded
  bool result_not_null = false;       // the call's result is a pointer that is never null
  std::uint8_t aux_register = 0;      // which of r1…r5 the call expects its program in; 0: none
  std::uint16_t arena_arguments = 0;  // see calls::arena_arguments_of
  bool mocked = false;                // a call that the host has replaced: Services::mocked_call
  std::int32_t stand_in = -1;  // … by this subprogram, whose result has so many bytes, with a sign if less than 0
  std::int8_t stand_in_bytes = 8;
  bool fault_protected = false;  // a load from where nothing may be: it reads 0 then
  bool zero_extend = false;      // the upper half of the result is cleared
  bool arena = false;            // through, or arithmetic with, an address in an arena
  bool pointer_field = false;    // a load of a context's pointer field: see Context::shadow_offset
  bool per_cpu_value = false;    // the address of each CPU's own copy of a value of `map`; the immediate: offset in it
  MapField map_field = MapField::none;        // what a load reads of a map itself
  std::uint8_t map_field_skip = 0;            // … without so many of its first bytes
  std::uint64_t value = 0;                    // call: its own constant (bpf_obj_new: the size of the object)
  std::shared_ptr<const btf::Record> record;  // bpf_obj_new: the object's special fields, or null
  // What the call takes its result out of (bpf_kptr_xchg: the pointer; lists and trees: the head); null: it differs
  // from path to path.
  std::shared_ptr<const btf::Field> field;
};

}  // namespace skep::runtime
