// What of the process's own memory programs may reach, and what they were denied.
//
// In a kernel bpf_probe_read and its kin, bpf_copy_from_user, bpf_probe_write_user and loads through pointers that may
// fault reach the kernel's memory and the user's. Here both are the process that embeds Skep, secrets included. So a
// program reaches only what is its own: maps, packets, contexts, arenas, its stack, objects that Skep made, and those
// that the host gave to it: arguments of hooks and struct_ops members, and what kfuncs return, as far as the type goes
// (what stands behind a pointer in such an object is not given with it). Anything else answers as an address where
// nothing is mapped: -EFAULT, -EPERM for a write, 0 for a load. The host may open ranges, or everything. Ordinary loads
// and stores are not concerned: the verifier vouches for them. The memory behind maps is never written to by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace skep {

enum class HostMemory : std::uint8_t {
  closed,  // but for what is opened by range
  open,    // all that the process can read may be read, and what it can write, written
};

// Memory of the host's that programs may read by its address. It need not be mapped all the time.
struct HostMemoryRange {
  const void* begin = nullptr;
  std::size_t size = 0;
  bool writable = false;  // … and write, with bpf_probe_write_user
};

// An instruction that was denied memory which is there, but is not the program's.
struct DeniedAccess {
  std::string program, function;
  std::string call;  // "bpf_probe_read_kernel"; empty: a load
  // The line of C, as StoppedRun has it; or the instruction alone.
  std::string file, text;
  std::uint32_t line = 0;
  std::uint32_t instruction = 0;
  bool write = false;
  std::uint64_t address = 0;  // that it was denied first
  std::uint64_t times = 0;
  std::string message;  // all of that as one line
};

struct DeniedAccesses {
  std::uint64_t reads = 0, writes = 0;
  std::vector<DeniedAccess> places;  // each once, in the order in which they were met; the first hundred
};

}  // namespace skep
