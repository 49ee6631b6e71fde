// The Debug Adapter Protocol over a session: what editors (VS Code and others) speak with debuggers.
//
// Messages are JSON behind a Content-Length header. A request is answered, and then told as an event what came of it; a
// request to pause is looked for while a run goes on, which `Channel` lets another thread do. Tested by
// tests/debugger/dap_test.py, a scripted client.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "debugger/session.hpp"

namespace skep::debugger {

// Frames messages: "Content-Length: 12\r\n\r\n{…}".
std::string dap_framed(const std::string& message);
// The first message in `buffer`, taken out of it; nothing: it is not whole yet. `broken`: what is there is none.
std::optional<std::string> dap_take(std::string& buffer, bool& broken);

struct DapOptions {
  std::string object_path, source_root;
  std::string program;
};

// Reads requests from one descriptor and writes answers and events to the other, until the client disconnects or its
// end is closed. What programs say becomes output events. 0, or 1: what came was no message.
int serve_dap(const Play& play, const DapOptions& options, int input, int output);

}  // namespace skep::debugger
