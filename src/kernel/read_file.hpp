// Files that a user names, read with a bound: whatever the name turns out to be, the answer comes in time and in words.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace skep {

// The content of a regular file. Nothing, and in `why` a few words without the path, for what is no such file, has more
// than `most` bytes or cannot be read: pipes and devices may never end. Holes are read as the zeros that they are.
std::optional<std::vector<std::uint8_t>> read_whole_file(const std::string& path, std::size_t most, std::string& why);

// Whether the file holds just these bytes: read piece by piece, so that nothing of it need be kept.
bool holds_exactly(const std::string& path, std::span<const std::uint8_t> content);

// Whether the name is of such a file, for whoever opens it himself.
bool is_whole_file(const std::string& path, std::size_t most, std::string& why);

}  // namespace skep
