// Why a program was refused, beyond the message: what Linux 7.x prints under "Verification failed:".
//
// A rule that refuses builds one Explanation beside its message (explain.hpp has a function for each kind); the log
// prints it, `--json` carries it. Rules for which 7.3 prints no explanation pass none.
#pragma once

#include <cstdint>
#include <string>

namespace skep::verifier {

// What of the path led here, for "Causal path".
struct Cause {
  enum class Kind : std::uint8_t {
    none,      // there is no such section
    reg,       // how the register got its value
    resource,  // where the resource was acquired
    region,    // how the regions were entered and left
  };
  Kind kind = Kind::none;
  std::uint32_t id = 0;  // the register's number; the resource's id; the region (events.hpp)
};

struct Explanation {
  std::string category;    // "Memory Safety"
  std::string title;       // "Access outside bounds"
  std::string reason;      // one paragraph; the log wraps it
  std::string annotation;  // what stands under the caret: "access may be outside object bounds"
  std::string suggestion;
  Cause cause = {};
  bool before_source = false;  // found before the source lines were read
  std::int64_t insn = -1;      // where, if not at the instruction under way
  // 7.3 prints most messages before the explanation, and some after it.
  bool message_after = false;
};

}  // namespace skep::verifier
