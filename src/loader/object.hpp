// Objects opened with libbpf on a Kernel, and what libbpf warned of meanwhile. Shared by the command and the API.
// Tested by tests/loader/loader_test.cpp and tests/api/.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <string_view>

#include "skep/kernel.hpp"

namespace skep::loader {

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

// While one lives, libbpf's messages on this thread are kept instead of printed: the first warning, without its
// "libbpf: " and newline. They nest; messages of other threads go where they went before.
class KeepWarnings {
 public:
  KeepWarnings();
  ~KeepWarnings();
  KeepWarnings(const KeepWarnings&) = delete;
  KeepWarnings& operator=(const KeepWarnings&) = delete;
};
// The first warning on this thread since the last call.
std::string take_first_warning();

// What libbpf made of a name that it could not resolve, in its words ("failed to resolve CO-RE relocation <byte_off>
// [8] struct task_struct.state (0:21 @ offset 0)", "kfunc 'x' is referenced but wasn't resolved"): it leaves an
// instruction in such a place that every verifier refuses, and writes this into the log of the program. Empty: nothing
// of the kind.
std::string unresolved_in(std::string_view log);
// The same of the log that libbpf kept itself, for the last program on this thread since the last call.
std::string take_unresolved();

// While one lives, programs that this thread does not load leave their slots of prog arrays empty, which libbpf would
// fill with a bad descriptor, and fail: for tools that load programs of an object one by one.
class LeaveGaps {
 public:
  LeaveGaps();
  ~LeaveGaps();
  LeaveGaps(const LeaveGaps&) = delete;
  LeaveGaps& operator=(const LeaveGaps&) = delete;
  static bool wanted();
};

// Opens a file and checks it as libbpf does; null, errno set, and `error` in one line, when it cannot be read or is
// malformed. Needs KeepWarnings for the reason.
ObjectPtr open_object(const std::string& path, std::string& error);
// The same for a file in memory, which is copied; `name` is what messages call it.
ObjectPtr open_object(std::span<const std::uint8_t> bytes, const std::string& name, std::string& error);
// Lets the Kernel offer its calls with the types that the object declares.
void adapt(Kernel& kernel, const bpf_object* object);

}  // namespace skep::loader
