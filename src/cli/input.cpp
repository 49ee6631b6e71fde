// See cli/input.hpp. Tested by tests/cli/input_test.cpp.
#include "cli/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "kernel/read_file.hpp"

namespace skep::cli {
namespace {

constexpr std::size_t most = 1 << 20;

// How a capture begins: pcap in either order of bytes, with micro- or nanoseconds; pcapng.
constexpr std::uint32_t captures[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a};

}  // namespace

std::optional<std::vector<std::uint8_t>> read_input(const std::string& path, std::string& error) {
  std::string why;
  auto bytes = read_whole_file(path, most, why);
  std::uint32_t begin = 0;
  if (bytes && bytes->size() >= sizeof begin) std::memcpy(&begin, bytes->data(), sizeof begin);
  if (bytes && bytes->empty()) why = "is empty";
  if (std::ranges::find(captures, begin) != std::end(captures))
    why = "is a capture (pcap), which is not supported: give a file with the bytes of one packet";
  if (why.empty()) return bytes;
  error = fmt::format("{}: {}", path, why);
  return std::nullopt;
}

}  // namespace skep::cli
