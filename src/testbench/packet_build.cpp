// See testbench/packet_build.hpp.
#include "testbench/packet_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

#include "describe/numbers.hpp"

namespace skep::testbench {
namespace {

using describe::Value;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp6 = 58;
constexpr std::size_t longest = 65'535;

void put16(Bytes& to, std::uint64_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& to, std::uint64_t value) {
  put16(to, value >> 16);
  put16(to, value);
}
void append(Bytes& to, std::span<const std::uint8_t> more) {
  to.insert(to.end(), more.begin(), more.end());
}
void set16(Bytes& in, std::size_t at, std::uint16_t value) {
  in[at] = static_cast<std::uint8_t>(value >> 8);
  in[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint32_t sum_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
  return sum;
}
std::uint16_t checksum(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

class PacketBuilder {
 public:
  PacketBuilder(const Value& described, std::string& error) : described_(described), error_(error) {}

  std::optional<Bytes> build() {
    if (!only_known(described_, {"eth", "vlan", "src", "dst", "ttl", "protocol", "tos", "id", "tcp", "udp", "icmp",
                                 "arp", "payload", "payload_hex", "pad"}))
      return std::nullopt;
    Bytes payload = payload_of();
    std::uint64_t type = 0x0800;
    if (described_.field("arp") != nullptr) {
      payload = arp();
      type = 0x0806;
    } else if (described_.field("src") != nullptr || described_.field("dst") != nullptr) {
      payload = network(transport(std::move(payload)));
      if (version_ == 6) type = 0x86dd;
    }
    Bytes packet = ethernet(type);
    append(packet, payload);
    const std::uint64_t pad = number(described_, "pad", 0, longest);
    if (packet.size() < pad) packet.resize(pad);
    if (packet.size() > longest) fail(fmt::format("it has {} bytes, and {} are the most", packet.size(), longest));
    if (!error_.empty()) return std::nullopt;
    return packet;
  }

 private:
  void fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }
  bool only_known(const Value& value, std::initializer_list<std::string_view> names) {
    if (!value.is(Value::Kind::fields))
      return fail("a packet is a table of its layers, or a text of hexadecimal digits"), false;
    for (const std::string& name : value.names)
      if (std::ranges::find(names, name) == names.end())
        return fail(fmt::format("a packet has no {}; it has {}", name, fmt::join(names, ", "))), false;
    return true;
  }

  std::uint64_t number(const Value& in, std::string_view name, std::uint64_t otherwise, std::uint64_t most) {
    const Value* const value = in.field(name);
    if (value == nullptr) return otherwise;
    std::optional<std::uint64_t> given;
    if (value->is(Value::Kind::number) && !value->negative) given = value->number;
    if (value->is(Value::Kind::text)) given = describe::number_in(value->text);
    if (given && *given <= most) return *given;
    fail(fmt::format("{}: a number up to {} is wanted", name, most));
    return 0;
  }

  std::array<std::uint8_t, 6> mac(const Value* in, std::string_view name, std::array<std::uint8_t, 6> otherwise) {
    const Value* const value = in != nullptr ? in->field(name) : nullptr;
    if (value == nullptr) return otherwise;
    std::array<unsigned, 6> part = {};
    int end = 0;
    if (std::sscanf(value->text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &part[0], &part[1], &part[2], &part[3], &part[4],
                    &part[5], &end) != 6 ||
        static_cast<std::size_t>(end) != value->text.size())
      fail(fmt::format("eth.{}: \"{}\" is no address", name, value->text));
    std::array<std::uint8_t, 6> address = {};
    std::ranges::transform(part, address.begin(), [](unsigned p) { return static_cast<std::uint8_t>(p); });
    return address;
  }

  Bytes ethernet(std::uint64_t type) {
    const Value* const eth = described_.field("eth");
    if (eth != nullptr && !only_known(*eth, {"src", "dst", "type"})) return {};
    Bytes header;
    append(header, mac(eth, "dst", {0x02, 0, 0, 0, 0, 0x02}));
    append(header, mac(eth, "src", {0x02, 0, 0, 0, 0, 0x01}));
    if (const Value* const vlan = described_.field("vlan"); vlan != nullptr) {
      const std::vector<Value> one = {*vlan};
      for (const Value& tag : vlan->is(Value::Kind::list) ? vlan->items : one) {
        if (!tag.is(Value::Kind::number) || tag.number > 0xffff) fail("vlan: a tag up to 65535 is wanted");
        put16(header, 0x8100);
        put16(header, tag.number);
      }
    }
    put16(header, eth != nullptr ? number(*eth, "type", type, 0xffff) : type);
    return header;
  }

  Bytes payload_of() {
    if (const Value* const text = described_.field("payload"); text != nullptr)
      return {text->text.begin(), text->text.end()};
    if (const Value* const hex = described_.field("payload_hex"); hex != nullptr) {
      if (auto bytes = bytes_of_hex(hex->text)) return *bytes;
      fail("payload_hex: hexadecimal digits are wanted");
    }
    return {};
  }

  // The addresses, both of one family.
  bool read_addresses() {
    const auto read = [&](std::string_view name, Bytes& into) {
      const Value* const value = described_.field(name);
      const std::string text = value != nullptr ? value->text : "";
      if (const auto four = describe::ipv4_in(text)) into.assign(four->begin(), four->end());
      if (const auto six = describe::ipv6_in(text)) into.assign(six->begin(), six->end());
      if (into.empty()) fail(fmt::format("{}: \"{}\" is no address of IPv4 or IPv6", name, text));
    };
    read("src", source_);
    read("dst", target_);
    if (source_.size() != target_.size()) fail("src and dst are of different families");
    version_ = source_.size() == 16 ? 6 : 4;
    return error_.empty();
  }

  // With the sum over what the addresses, the protocol and the length say.
  std::uint16_t transport_checksum(std::uint8_t protocol, const Bytes& segment) const {
    return checksum(sum_of(source_) + sum_of(target_) + protocol + static_cast<std::uint32_t>(segment.size()) +
                    sum_of(segment));
  }

  Bytes transport(Bytes payload) {
    if (!read_addresses()) return {};
    Bytes segment;
    if (const Value* const tcp = described_.field("tcp"); tcp != nullptr) {
      if (!only_known(*tcp, {"sport", "dport", "seq", "ack", "flags", "window"})) return {};
      protocol_ = protocol_tcp;
      put16(segment, number(*tcp, "sport", 1024, 0xffff));
      put16(segment, number(*tcp, "dport", 80, 0xffff));
      put32(segment, number(*tcp, "seq", 1, 0xffffffff));
      put32(segment, number(*tcp, "ack", 0, 0xffffffff));
      segment.push_back(0x50);
      segment.push_back(tcp_flags(*tcp));
      put16(segment, number(*tcp, "window", 65'535, 0xffff));
      put32(segment, 0);
      append(segment, payload);
      set16(segment, 16, transport_checksum(protocol_, segment));
    } else if (const Value* const udp = described_.field("udp"); udp != nullptr) {
      if (!only_known(*udp, {"sport", "dport"})) return {};
      protocol_ = protocol_udp;
      put16(segment, number(*udp, "sport", 1024, 0xffff));
      put16(segment, number(*udp, "dport", 53, 0xffff));
      put16(segment, payload.size() + 8);
      put16(segment, 0);
      append(segment, payload);
      const std::uint16_t sum = transport_checksum(protocol_, segment);
      set16(segment, 6, sum == 0 ? 0xffff : sum);
    } else if (const Value* const icmp = described_.field("icmp"); icmp != nullptr) {
      if (!only_known(*icmp, {"type", "code", "id", "seq"})) return {};
      protocol_ = version_ == 6 ? protocol_icmp6 : protocol_icmp;
      segment.push_back(static_cast<std::uint8_t>(number(*icmp, "type", version_ == 6 ? 128 : 8, 255)));
      segment.push_back(static_cast<std::uint8_t>(number(*icmp, "code", 0, 255)));
      put16(segment, 0);
      put16(segment, number(*icmp, "id", 1, 0xffff));
      put16(segment, number(*icmp, "seq", 1, 0xffff));
      append(segment, payload);
      set16(segment, 2, version_ == 6 ? transport_checksum(protocol_, segment) : checksum(sum_of(segment)));
    } else {
      protocol_ = 253;  // for experiments
      segment = std::move(payload);
    }
    protocol_ = static_cast<std::uint8_t>(number(described_, "protocol", protocol_, 255));
    return segment;
  }

  std::uint8_t tcp_flags(const Value& tcp) {
    constexpr std::string_view letters = "FSRPAUEC";
    const Value* const flags = tcp.field("flags");
    if (flags == nullptr) return 2;
    if (flags->is(Value::Kind::number)) return static_cast<std::uint8_t>(number(tcp, "flags", 0, 255));
    std::uint8_t bits = 0;
    for (const char letter : flags->text) {
      const auto at = letters.find(letter);
      if (at == std::string_view::npos)
        return fail(fmt::format("tcp.flags: letters of {} are wanted", letters)), std::uint8_t{0};
      bits = static_cast<std::uint8_t>(bits | 1U << at);
    }
    return bits;
  }

  Bytes network(const Bytes& segment) {
    if (!error_.empty()) return {};
    Bytes header;
    const auto hops = static_cast<std::uint8_t>(number(described_, "ttl", 64, 255));
    const std::uint64_t tos = number(described_, "tos", 0, 255);
    if (version_ == 6) {
      put32(header, 0x60000000 | tos << 20);
      put16(header, segment.size());
      header.push_back(protocol_);
      header.push_back(hops);
    } else {
      header.push_back(0x45);
      header.push_back(static_cast<std::uint8_t>(tos));
      put16(header, segment.size() + 20);
      put16(header, number(described_, "id", 1, 0xffff));
      put16(header, 0x4000);  // not to be divided
      header.push_back(hops);
      header.push_back(protocol_);
      put16(header, 0);
    }
    append(header, source_);
    append(header, target_);
    if (version_ == 4) set16(header, 10, checksum(sum_of(header)));
    append(header, segment);
    return header;
  }

  Bytes arp() {
    const Value& arp = *described_.field("arp");
    if (!only_known(arp, {"op"}) || !read_addresses()) return {};
    if (version_ != 4) return fail("arp is IPv4's"), Bytes{};
    const Value* const eth = described_.field("eth");
    Bytes bytes;
    put32(bytes, 0x00010800);
    put16(bytes, 0x0604);
    put16(bytes, number(arp, "op", 1, 0xffff));
    append(bytes, mac(eth, "src", {0x02, 0, 0, 0, 0, 0x01}));
    append(bytes, source_);
    bytes.resize(bytes.size() + 6);
    append(bytes, target_);
    return bytes;
  }

  const Value& described_;
  std::string& error_;
  Bytes source_, target_;
  unsigned version_ = 4;
  std::uint8_t protocol_ = 0;
};

}  // namespace

std::optional<Bytes> bytes_of_hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') continue;
    digits += c;
  }
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const std::string pair = digits.substr(i, 2);
    if (pair.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*describe::number_in("0x" + pair)));
  }
  return bytes;
}

std::optional<Bytes> build_packet(const Value& described, std::string& error) {
  error.clear();
  if (described.is(Value::Kind::text)) {
    auto bytes = bytes_of_hex(described.text);
    if (!bytes) error = "a packet as text is hexadecimal digits, two a byte";
    return bytes;
  }
  return PacketBuilder(described, error).build();
}

}  // namespace skep::testbench
