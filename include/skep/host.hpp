// What an embedding application adds to a Kernel: kfuncs, types, struct_ops tables and functions that programs attach
// to.
//
//   std::uint64_t sum(const skep::HostCall& call) {  // u64 app_sum(const u8 *data, u32 data__sz)
//     std::uint64_t total = 0;
//     for (std::uint64_t i = 0; i < call.sizes[0]; ++i) total += call.pointer<const std::uint8_t>(0)[i];
//     static_cast<App*>(call.user)->calls++;
//     return total;
//   }
//   skep::HostModule module;
//   module.name = "app";
//   module.kfuncs = {{"u64 app_sum(const u8 *data, u32 data__sz)", 0, skep::all_program_types, sum, &app}};
//   options.modules.push_back(module);
//
// A HostModule is to Skep what a kernel module with BTF is to Linux: its types continue the kernel's, loaders find them
// by descriptor, the verifier checks calls by them. What the names of a prototype's parameters say (__sz, __k,
// __nullable, __ign, …) is what Documentation/bpf/kfuncs.rst of Linux 7.3 says.
//
// A plugin (`skep --host FILE.so`) exports `skep_host_modules`, which appends its modules; one that is to work with a
// libskep built by another compiler uses the C interface instead (`skep_plugin`, see skep/skep.h).
//
// Lifetimes: the strings, functions and user pointers of a module must outlive the Kernel that it is given to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skep/host_memory.hpp"

namespace skep {

class Kernel;

// One call of a host function by a program. Lives as long as the call.
struct HostCall {
  std::array<std::uint64_t, 5> args;  // what the program passed, in order; narrower types in the low bits
  // Bytes that the verifier has proved accessible at args[i], where the prototype gives the argument after it a name
  // that ends with __sz or __szk; 0: the prototype does not say.
  std::array<std::uint64_t, 5> sizes;
  void* user;      // HostKfunc::user
  Kernel& kernel;  // whose program calls

  std::uint64_t operator[](std::size_t index) const { return args[index]; }
  template <typename T>
  T* pointer(std::size_t index) const {
    return reinterpret_cast<T*>(args[index]);  // NOLINT(performance-no-int-to-ptr)
  }
};

// A host function. Its result is the kfunc's (ignored for void; a negative errno as std::uint64_t(-EINVAL)).
//
// It runs on whichever thread runs the program, several at a time with several virtual CPUs, and inside an RCU read
// section: it must not block, nor destroy the Kernel. It may use the Kernel: map commands, and runs of other programs,
// which then run on the CPU that is held. An exception does not leave it: the call answers -EFAULT, or a null pointer
// if the kfunc returns a pointer, and the Kernel's on_log is told. A kfunc that returns memory and is not host_ret_null
// must therefore not throw: its program does not expect null.
using HostFunction = std::uint64_t (*)(const HostCall& call);

// Flags of a kfunc, as the kernel's documentation names them (Documentation/bpf/kfuncs.rst).
enum HostKfuncFlags : std::uint32_t {
  host_acquire = 1 << 0,
  host_release = 1 << 1,
  host_ret_null = 1 << 2,
  host_trusted_args = 1 << 3,
  host_sleepable = 1 << 4,
  host_destructive = 1 << 5,
  host_rcu = 1 << 6,
  host_iter_new = 1 << 7,
  host_iter_next = 1 << 8,
  host_iter_destroy = 1 << 9,
  host_rcu_protected = 1 << 10,
  host_fastcall = 1 << 11,
  host_implicit_args = 1 << 12,
  host_spin_lock_ok = 1 << 17,    // may be called while a lock is held
  host_changes_packet = 1 << 19,  // pointers into the packet are of no use afterwards
};

inline constexpr std::uint64_t all_program_types = ~std::uint64_t{0};

struct HostKfunc {
  std::string_view prototype;                       // C: "struct foo *foo_acquire(int id)"
  std::uint32_t flags = 0;                          // HostKfuncFlags
  std::uint64_t program_types = all_program_types;  // one bit a ProgType: 1 << BPF_PROG_TYPE_XDP | …
  // Null: the call answers -EOPNOTSUPP where it returns a signed number, null where it may; else the run ends there
  // (StopReason::no_behavior).
  HostFunction function = nullptr;
  void* user = nullptr;  // HostCall::user of its calls
  // host_release: the struct that it lets go of ("foo"), so that maps may keep pointers to it (__kptr). When a map
  // gives one up the function is called with it, perhaps on a thread of Skep's. Empty: maps keep none.
  std::string_view destroys = {};
};

struct HostModule {
  std::string_view name;  // "bpf_testmod"; unique in the Kernel
  // C definitions, in order: "struct foo { int a; struct task_struct *t; };", also union, enum and typedef
  std::vector<std::string_view> types;
  std::vector<HostKfunc> kfuncs;
  // C prototypes of functions that fentry, fexit, fmod_ret programs attach to: the host's hooks (skep::Hook). One named
  // as a struct_ops member is ("foo_ops__member") says more of its arguments by their names (__ref, __nullable).
  std::vector<std::string_view> functions;
  std::vector<std::string_view> modifiable;  // names among `functions` that fmod_ret programs may attach to
  std::vector<std::string_view> sleepable;   // … that sleepable programs may
  std::vector<std::string_view>
      tracepoints;  // prototypes "void bpf_testmod_test_read(struct task_struct *t, …)" of tp_btf
  std::vector<std::string_view> struct_ops;  // names of struct types whose members programs implement
  std::vector<std::string_view> per_cpu;     // variables of each CPU that programs may name: "int counter"
  // Objects of the module's that programs may look at through pointers in others: see skep/host_memory.hpp.
  std::vector<HostMemoryRange> memory;
};

}  // namespace skep

// What a plugin exports: `extern "C" void skep_host_modules(std::vector<skep::HostModule>& modules);`
