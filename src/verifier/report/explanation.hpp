// Why a program was refused, beyond the message: what Linux 7.x prints under "Verification failed:".
//
// A rule that refuses builds one Explanation beside its message; the log prints it, `--json` carries it. Rules for
// which 7.3 prints no explanation pass none.
#pragma once

#include <cstdint>
#include <string>

namespace skep::verifier {

struct Explanation {
  std::string category;    // "Memory Safety"
  std::string title;       // "Access outside bounds"
  std::string reason;      // one paragraph; the log wraps it
  std::string annotation;  // what stands under the caret: "error: access may be outside object bounds"
  std::string suggestion;
  // 7.3 prints some messages before the explanation (the default) and some after it.
  bool message_after = false;
};

}  // namespace skep::verifier
