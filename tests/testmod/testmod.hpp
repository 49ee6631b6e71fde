// The parts of the module bpf_testmod, each in a file of its own; plugin.cpp puts them together.
//
// Programs of the corpus name what is here, so names, types and flags are those that they declare.
#pragma once

#include <cstdint>
#include <vector>

#include "skep/abi.hpp"
#include "skep/host.hpp"

namespace testmod {

constexpr std::uint64_t bit(skep::ProgType type) {
  return std::uint64_t{1} << static_cast<unsigned>(type);
}

void add_types(skep::HostModule& module);
void add_struct_ops(skep::HostModule& module);
void add_hooks(skep::HostModule& module);  // functions and tracepoints
void add_calls(skep::HostModule& module);
void add_socket_calls(skep::HostModule& module);
void add_packaged_modules(std::vector<skep::HostModule>& modules);

}  // namespace testmod
