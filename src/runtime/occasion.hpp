// What a run is about besides the bytes of its context: calls read it through the header in front of the context.
//
// Whoever makes the context fills it in, and reads afterwards what calls have left. Tested by
// tests/types/types_test.cpp and tests/calls/network_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skep::runtime {

// The kernel's functions have addresses, as its table of symbols says.
class FunctionAddresses {
 public:
  virtual std::uint64_t address_of(std::string_view function) = 0;  // 0: there is none of that name

 protected:
  ~FunctionAddresses() = default;
};

struct Occasion {
  FunctionAddresses* addresses = nullptr;        // null: nobody knows them
  std::string function;                          // that the program is attached to; empty: none
  bool has_result = true;                        // of that function: at its end there is one
  bool returning = false;                        // sessions: the function's return, not its entry
  std::uint64_t session_cookie = 0;              // … which both share
  std::uint64_t attach_cookie = 0;               // of the attachment
  std::int32_t result = 0;                       // cgroup programs: what the caller gets if they all allow it
  std::optional<std::uint64_t> replaced_result;  // bpf_override_return: what the function returns instead
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::uint8_t>>
      options;                        // of the socket, by level and name
  std::span<std::uint8_t> report;     // of an input device: its event
  std::string output;                 // what an iterator's program has written into its file
  std::string setting;                // cgroup_sysctl: which one is read or written, as "net/ipv4/ip_forward"
  std::string current_value;          // … its value
  std::optional<std::string> wanted;  // … the one that is to be written; a program may change it
};

}  // namespace skep::runtime
