// What the verifier knows of a map: its attributes, types and special fields, and nothing of its elements.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "btf/special_fields.hpp"
#include "skep/abi.hpp"

namespace skep::maps {

struct MapInfo {
  MapType type = MapType::unspec;
  std::string name;
  std::uint32_t id = 0;
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t max_entries = 0;
  std::uint32_t flags = 0;              // map_flag::
  std::uint64_t extra = 0;              // map_extra
  std::shared_ptr<const btf::Btf> btf;  // null: created without
  btf::TypeId key_type = 0;
  btf::TypeId value_type = 0;
  std::shared_ptr<const btf::Record> record;  // special fields of the value; null: none
  std::shared_ptr<const MapInfo> inner;       // array_of_maps, hash_of_maps: the template
  bool frozen = false;                        // user space can no longer write (MAP_FREEZE)
  // array, when frozen and read-only to programs: its bytes, so that loads from it are constants. Empty otherwise.
  std::span<const std::uint8_t> constant_data;
  // insn_array: the instruction that each element names.
  std::span<const std::uint32_t> insn_targets;
  // The address of the value area that a direct-value load (pseudo::map_value) gets; 0: the map has none.
  std::uint64_t value_address = 0;
  // arena
  std::uint64_t user_vm_start = 0;

  bool readable_by_program() const { return (flags & map_flag::wronly_prog) == 0; }
  bool writable_by_program() const { return (flags & map_flag::rdonly_prog) == 0; }
};

}  // namespace skep::maps
