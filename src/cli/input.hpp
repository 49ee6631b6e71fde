// Files with the bytes of a packet or a context.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skep::cli {

// The bytes; nothing and one line in `error` for what holds none: no file, an empty one, a capture of packets, or more
// than any test run takes.
std::optional<std::vector<std::uint8_t>> read_input(const std::string& path, std::string& error);

}  // namespace skep::cli
