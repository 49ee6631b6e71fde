// What an embedding application adds to a Kernel: kfuncs, types, struct_ops tables and functions that programs attach
// to.
//
// A HostModule is to Skep what a kernel module with BTF is to Linux: its types continue the kernel's, loaders find them
// by descriptor, the verifier checks calls by them. A plugin (`skep --host FILE.so`) exports `skep_host_modules`, which
// appends its modules. Lifetimes: a module's strings and functions must outlive the Kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skep {

// What a host function is called with: the arguments that the program passed, in order. Its result is the kfunc's
// (ignored for void). It runs on the thread that runs the program and must not block.
using HostFunction = std::uint64_t (*)(const std::array<std::uint64_t, 5>& args);

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

struct HostKfunc {
  std::string_view prototype;                       // C: "struct foo *foo_acquire(int id)"
  std::uint32_t flags = 0;                          // HostKfuncFlags
  std::uint64_t program_types = ~std::uint64_t{0};  // one bit a ProgType
  HostFunction function = nullptr;                  // null: programs that call it are verified and not run
  // host_release: the struct that it lets go of ("foo"), so that maps may keep pointers to it (__kptr). When a map
  // gives one up the function is called with it, perhaps on a thread of Skep's. Empty: maps keep none.
  std::string_view destroys = {};
};

struct HostModule {
  std::string_view name;  // "bpf_testmod"
  // C definitions, in order: "struct foo { int a; struct task_struct *t; };", also union, enum and typedef
  std::vector<std::string_view> types;
  std::vector<HostKfunc> kfuncs;
  // C prototypes of functions that fentry, fexit, fmod_ret programs attach to. One named as a struct_ops member is
  // ("foo_ops__member") says more of its arguments by their names (__ref, __nullable).
  std::vector<std::string_view> functions;
  std::vector<std::string_view> modifiable;  // names among `functions` that fmod_ret programs may attach to
  std::vector<std::string_view> sleepable;   // … that sleepable programs may
  std::vector<std::string_view>
      tracepoints;  // prototypes "void bpf_testmod_test_read(struct task_struct *t, …)" of tp_btf
  std::vector<std::string_view> struct_ops;  // names of struct types whose members programs implement
  std::vector<std::string_view> per_cpu;     // variables of each CPU that programs may name: "int counter"
};

}  // namespace skep

// What a plugin exports: `extern "C" void skep_host_modules(std::vector<skep::HostModule>& modules);`
