// GDB's remote protocol over a session: `target remote`, with stepping and continuing back.
//
// A program is r0…r10 and pc, 64 bits each; an instruction's address is its place in the program as it was loaded,
// times eight, and of other programs than the one that is debugged their number is above the lowest 32 bits. Memory is
// the process's, where programs may look at it. What GDB knows nothing of (maps, variables of C, what the verifier
// believes) answers to `monitor COMMAND`, in the words of terminal.hpp. Nothing can be written: it could not be played
// again. Tested by tests/debugger/gdb_test.py, a scripted client.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "debugger/session.hpp"

namespace skep::debugger {

// "$OK#9a": a packet with its checksum.
std::string gdb_framed(std::string_view payload);
// The first packet in `buffer`, taken out of it: its payload, or "-" for one whose checksum is wrong, or "\x03" for an
// interrupt. Acknowledgements are skipped. Nothing: it is not whole yet.
std::optional<std::string> gdb_take(std::string& buffer, bool& broken);

struct GdbOptions {
  std::string object_path, source_root, program;
};

// Serves one client. 0, or 1: what came was no packet; 2: nothing could be played, `error` says why.
int serve_gdb(const Play& play, const GdbOptions& options, int input, int output, std::string& error);

// Waits for a client on that port of the loopback, and tells `listening` which it is (0 takes any). A descriptor, or -1
// and `error`.
int accept_gdb(std::uint16_t port, const std::function<void(std::uint16_t)>& listening, std::string& error);

}  // namespace skep::debugger
