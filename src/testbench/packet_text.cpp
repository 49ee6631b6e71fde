// See testbench/packet_text.hpp.
#include "testbench/packet_text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace skep::testbench {
namespace {

constexpr std::size_t bytes_a_line = 16;

std::uint16_t big16(Bytes packet, std::size_t at) {
  return static_cast<std::uint16_t>(packet[at] << 8 | packet[at + 1]);
}
std::uint32_t big32(Bytes packet, std::size_t at) {
  return std::uint32_t{big16(packet, at)} << 16 | big16(packet, at + 2);
}
std::string mac(Bytes packet, std::size_t at) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", packet[at], packet[at + 1], packet[at + 2],
                     packet[at + 3], packet[at + 4], packet[at + 5]);
}
std::string address(int family, Bytes packet, std::size_t at) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(family, packet.data() + at, text, sizeof text);
  return text;
}

std::string tcp_flags(std::uint8_t flags) {
  constexpr std::string_view letters = "FSRP.UEW";
  std::string text;
  for (std::size_t i = 0; i < letters.size(); ++i)
    if ((flags >> i & 1) != 0) text += letters[i];
  return text.empty() ? "none" : text;
}

// What follows the IP header.
std::string transport(std::uint8_t protocol, Bytes packet, std::size_t at, const std::string& from,
                      const std::string& to) {
  const bool brackets = from.find(':') != std::string::npos;
  const auto with_port = [&](const std::string& host, std::uint16_t port) {
    return brackets ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
  };
  if ((protocol == 6 && packet.size() >= at + 20) || (protocol == 17 && packet.size() >= at + 8)) {
    const std::string ends =
        fmt::format("{} > {}", with_port(from, big16(packet, at)), with_port(to, big16(packet, at + 2)));
    if (protocol == 17) return fmt::format("{} UDP length {}", ends, big16(packet, at + 4));
    return fmt::format("{} TCP [{}] seq {}", ends, tcp_flags(packet[at + 13]), big32(packet, at + 4));
  }
  const std::string ends = fmt::format("{} > {}", from, to);
  if ((protocol == 1 || protocol == 58) && packet.size() >= at + 2)
    return fmt::format("{} {} type {} code {}", ends, protocol == 1 ? "ICMP" : "ICMPv6", packet[at], packet[at + 1]);
  return fmt::format("{} protocol {}", ends, protocol);
}

std::string network(std::uint16_t type, Bytes packet, std::size_t at) {
  if (type == 0x0800 && packet.size() >= at + 20 && packet[at] >> 4 == 4) {
    const std::size_t header = std::size_t{packet[at] & 15U} * 4;
    return "IPv4 " + transport((big16(packet, at + 6) & 0x1fff) != 0 ? 255 : packet[at + 9], packet, at + header,
                               address(AF_INET, packet, at + 12), address(AF_INET, packet, at + 16));
  }
  if (type == 0x86dd && packet.size() >= at + 40 && packet[at] >> 4 == 6)
    return "IPv6 " + transport(packet[at + 6], packet, at + 40, address(AF_INET6, packet, at + 8),
                               address(AF_INET6, packet, at + 24));
  if (type == 0x0806 && packet.size() >= at + 28)
    return fmt::format("ARP {} {} asks for {}", big16(packet, at + 6) == 2 ? "reply" : "request",
                       address(AF_INET, packet, at + 14), address(AF_INET, packet, at + 24));
  return {};
}

// How many bytes came to the front (or, negative, went from there), if that explains the difference best.
std::ptrdiff_t moved_front(Bytes before, Bytes after) {
  const auto difference = static_cast<std::ptrdiff_t>(after.size()) - static_cast<std::ptrdiff_t>(before.size());
  if (difference == 0) return 0;
  const std::size_t common = std::min(before.size(), after.size());
  std::size_t from_start = 0, from_end = 0;
  for (std::size_t i = 0; i < common; ++i) {
    from_start += before[i] != after[i] ? 1U : 0U;
    from_end += before[before.size() - 1 - i] != after[after.size() - 1 - i] ? 1U : 0U;
  }
  return from_end < from_start ? difference : 0;
}

// One line; bytes for which `marked` is set are colored, if there is a color.
std::string dump_line(Bytes bytes, std::size_t from, const std::vector<bool>& marked, std::string_view color) {
  std::string numbers = fmt::format("{:04x} ", from), letters;
  for (std::size_t i = from; i < from + bytes_a_line; ++i) {
    if (i % 8 == 0) numbers += ' ';
    if (i >= bytes.size()) {
      numbers += "   ";
      continue;
    }
    const bool is_marked = !color.empty() && marked[i];
    if (is_marked) numbers += color;
    numbers += fmt::format("{:02x}", bytes[i]);
    if (is_marked) numbers += "\033[0m";
    numbers += ' ';
    letters += bytes[i] >= 0x20 && bytes[i] < 0x7f ? static_cast<char>(bytes[i]) : '.';
  }
  return fmt::format("{} |{}|", numbers, letters);
}

std::string carets(std::size_t size, std::size_t from, const std::vector<bool>& marked) {
  std::string line = "     ";
  for (std::size_t i = from; i < std::min(from + bytes_a_line, size); ++i) {
    if (i % 8 == 0) line += ' ';
    line += marked[i] ? "^^ " : "   ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

bool any_in(const std::vector<bool>& marked, std::size_t from) {
  for (std::size_t i = from; i < std::min(from + bytes_a_line, marked.size()); ++i)
    if (marked[i]) return true;
  return false;
}

}  // namespace

std::string packet_summary(Bytes packet) {
  const std::string size = fmt::format(", {} bytes", packet.size());
  if (packet.size() < 14) return "no Ethernet header" + size;
  std::size_t at = 12;
  std::uint16_t type = big16(packet, at);
  std::string tags;
  while ((type == 0x8100 || type == 0x88a8) && packet.size() >= at + 6) {
    tags += fmt::format("VLAN {} ", big16(packet, at + 2) & 0xfff);
    at += 4;
    type = big16(packet, at);
  }
  const std::string inner = network(type, packet, at + 2);
  if (!inner.empty()) return tags + inner + size;
  return fmt::format("{}{} > {} type 0x{:04x}{}", tags, mac(packet, 6), mac(packet, 0), type, size);
}

std::vector<std::string> hexdump(Bytes bytes) {
  std::vector<std::string> lines;
  const std::vector<bool> none(bytes.size());
  for (std::size_t from = 0; from < bytes.size(); from += bytes_a_line)
    lines.push_back(dump_line(bytes, from, none, ""));
  return lines;
}

std::vector<std::string> packet_difference(Bytes before, Bytes after, bool in_color) {
  std::vector<std::string> lines;
  const std::ptrdiff_t front = moved_front(before, after);
  if (front > 0) lines.push_back(fmt::format("  {} bytes more at the front", front));
  if (front < 0) lines.push_back(fmt::format("  {} bytes less at the front", -front));
  if (front == 0 && before.size() != after.size())
    lines.push_back(fmt::format("  {} bytes {} at the end",
                                std::max(before.size(), after.size()) - std::min(before.size(), after.size()),
                                after.size() > before.size() ? "more" : "less"));
  // What each byte was, in its place of now.
  std::vector<std::uint8_t> old;
  std::vector<bool> was_there, changed(after.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(i) - front;
    const bool there = place >= 0 && static_cast<std::size_t>(place) < before.size();
    old.push_back(there ? before[static_cast<std::size_t>(place)] : std::uint8_t{0});
    was_there.push_back(there);
    changed[i] = !there || old[i] != after[i];
  }
  for (std::size_t from = 0; from < after.size(); from += bytes_a_line) {
    if (!any_in(changed, from)) {
      lines.push_back("  " + dump_line(after, from, changed, ""));
      continue;
    }
    const bool all_new =
        std::none_of(was_there.begin() + static_cast<std::ptrdiff_t>(from),
                     was_there.begin() + static_cast<std::ptrdiff_t>(std::min(from + bytes_a_line, after.size())),
                     [](bool b) { return b; });
    if (!all_new) lines.push_back("- " + dump_line(old, from, changed, in_color ? "\033[31m" : ""));
    lines.push_back("+ " + dump_line(after, from, changed, in_color ? "\033[32m" : ""));
    if (!in_color) lines.push_back("  " + carets(after.size(), from, changed));
  }
  return lines;
}

}  // namespace skep::testbench
