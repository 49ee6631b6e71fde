// See debugger/gdb_stub.hpp.
#include "debugger/gdb_stub.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "debugger/channel.hpp"
#include "debugger/inspect.hpp"
#include "debugger/places.hpp"
#include "debugger/terminal.hpp"

namespace skep::debugger {
namespace {

constexpr std::size_t largest = 16'384;         // of a packet
constexpr std::uint64_t code_end = 1ULL << 40;  // below are instructions, above is memory
constexpr std::string_view interrupt_byte = "\x03";

unsigned checksum(std::string_view payload) {
  unsigned sum = 0;
  for (const char c : payload) sum += static_cast<unsigned char>(c);
  return sum & 0xff;
}
std::string hex(const void* data, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", static_cast<const std::uint8_t*>(data)[i]);
  return text;
}
std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16));
  return bytes;
}
// "addr,length" in hexadecimal.
std::pair<std::uint64_t, std::uint64_t> two_numbers(const std::string& text) {
  const auto comma = text.find(',');
  return {std::strtoull(text.c_str(), nullptr, 16),
          comma == std::string::npos ? 0 : std::strtoull(text.c_str() + comma + 1, nullptr, 16)};
}

constexpr std::string_view target_head =
    R"(<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>bpf</architecture><feature name="org.gnu.gdb.bpf">)";
std::string target_description() {
  std::string text(target_head);
  for (unsigned i = 0; i < reg_count; ++i)
    text += fmt::format(R"(<reg name="r{}" bitsize="64" type="{}"/>)", i, i == frame_pointer ? "data_ptr" : "int64");
  return text + R"(<reg name="pc" bitsize="64" type="code_ptr"/></feature></target>)";
}

class Stub {
 public:
  Stub(const Play& play, const GdbOptions& options, int input, int output)
      : session_(play, [this](const std::string& line) { say(line); }),
        terminal_(session_, {options.object_path, options.source_root},
                  [this](const std::string& line) { printed_ += line + "\n"; }),
        program_(options.program),
        channel_(input, output, gdb_take, [this](const std::string& payload) {
          if (payload == interrupt_byte) session_.interrupt();
        }) {
    number_programs();
  }

  bool good() const { return session_.stop().state != Playback::State::failed; }
  const std::string& why() const { return session_.stop().reason; }

  int serve() {
    while (!over_) {
      const auto payload = channel_.next();
      if (!payload) return channel_.broken() ? 1 : 0;
      if (*payload == interrupt_byte) continue;
      if (acknowledges_) channel_.send(*payload == "-" ? "-" : "+");
      if (*payload != "-") answer(*payload);
    }
    return 0;
  }

 private:
  void send(std::string_view payload) { channel_.send(gdb_framed(payload)); }
  // Only while GDB waits for a run to be held does it take what a program says.
  void say(const std::string& line) {
    if (moving_) send(fmt::format("O{}0a", hex(line.data(), line.size())));
  }

  // The one that is debugged is 0, the others follow by their names.
  void number_programs() {
    std::vector<std::string> names;
    for (const auto& [program, lines] : session_.lines().all()) names.push_back(program->name());
    std::ranges::sort(names);
    const std::string debugged = program_.substr(0, object_name_len - 1);
    std::stable_partition(names.begin(), names.end(),
                          [&](const std::string& name) { return name == program_ || name == debugged; });
    for (std::size_t i = 0; i < names.size(); ++i) numbers_.try_emplace(names[i], numbers_.size());
  }
  std::uint64_t address_of(const runtime::Program& program, std::uint32_t pc) {
    const auto number = numbers_.try_emplace(program.name(), numbers_.size()).first->second;
    return static_cast<std::uint64_t>(number) << 32 | program.code().facts[pc].original * sizeof(Insn);
  }

  void answer(const std::string& packet) {
    const std::string rest = packet.empty() ? std::string() : packet.substr(1);
    switch (packet.empty() ? '\0' : packet[0]) {
      case '?':
        return tell_stop();
      case 'g':
        return send(registers());
      case 'p': {
        const auto number = std::strtoul(rest.c_str(), nullptr, 16);
        const std::string all = registers();
        return send(number <= reg_count ? all.substr(number * 16, 16) : std::string("E01"));
      }
      case 'G':
      case 'P':
      case 'M':
      case 'X':
        return send("E01");  // nothing can be written
      case 'm': {
        const auto [address, size] = two_numbers(rest);
        return send(memory(address, std::min<std::uint64_t>(size, largest / 2 - 16)));
      }
      case 's':
        return move({Motion::Kind::instruction});
      case 'c':
        return move({Motion::Kind::resume});
      case 'b':
        if (rest == "s") return move({Motion::Kind::instruction, true});
        if (rest == "c") return move({Motion::Kind::resume, true});
        break;
      case 'Z':
      case 'z':
        return change_breakpoint(packet[0] == 'Z', rest);
      case 'H':
      case 'T':
        return send("OK");
      case 'D':
        over_ = true;
        return send("OK");
      case 'k':
        over_ = true;
        return;
      case 'v':
        if (packet == "vCont?") return send("vCont;c;s");
        if (packet.starts_with("vCont;c")) return move({Motion::Kind::resume});
        if (packet.starts_with("vCont;s")) return move({Motion::Kind::instruction});
        break;
      case 'q':
      case 'Q':
        return query(packet);
      default:
        break;
    }
    send("");
  }

  void query(const std::string& packet) {
    if (packet.starts_with("qSupported"))
      return send(
          fmt::format("PacketSize={:x};QStartNoAckMode+;ReverseStep+;ReverseContinue+;swbreak+;"
                      "qXfer:features:read+;vContSupported+",
                      largest));
    if (packet == "QStartNoAckMode") {
      send("OK");
      acknowledges_ = false;
      return;
    }
    constexpr std::string_view features = "qXfer:features:read:target.xml:";
    if (packet.starts_with(features)) {
      const auto [from, size] = two_numbers(packet.substr(features.size()));
      const std::string text = target_description();
      if (from >= text.size()) return send("l");
      return send(fmt::format("{}{}", from + size < text.size() ? "m" : "l", text.substr(from, size)));
    }
    if (packet == "qC") return send("QC1");
    if (packet == "qfThreadInfo") return send("m1");
    if (packet == "qsThreadInfo") return send("l");
    if (packet == "qAttached") return send("1");
    if (packet.starts_with("qRcmd,")) return monitor(from_hex(packet.substr(6)));
    send("");
  }

  // A command of the terminal's; motions of its own are told by what it prints, and GDB asks for registers again.
  void monitor(const std::string& command) {
    printed_.clear();
    terminal_.look();
    terminal_.execute(command);
    for (std::size_t at = 0; at < printed_.size(); at += largest / 4)
      send(fmt::format("O{}", hex(printed_.data() + at, std::min(largest / 4, printed_.size() - at))));
    send("OK");
  }

  std::string registers() {
    const auto frames = session_.frames();
    std::array<std::uint64_t, reg_count + 1> all{};
    if (!frames.empty()) {
      std::ranges::copy(frames.front().registers, all.begin());
      all[reg_count] = address_of(*frames.front().program, frames.front().pc);
    }
    return hex(all.data(), sizeof all);
  }

  std::string memory(std::uint64_t address, std::uint64_t size) {
    std::vector<std::uint8_t> bytes(size);
    if (address < code_end) {
      // What the verifier removed reads as nothing.
      for (const auto& [program, lines] : session_.lines().all()) {
        const runtime::Code& code = program->code();
        for (std::uint32_t pc = 0; pc < code.insns.size(); ++pc) {
          const std::uint64_t its = address_of(*program, pc);
          for (std::uint64_t i = 0; i < sizeof(Insn); ++i)
            if (its + i >= address && its + i - address < size)
              bytes[its + i - address] = reinterpret_cast<const std::uint8_t*>(&code.insns[pc])[i];
        }
      }
      return hex(bytes.data(), bytes.size());
    }
    const auto found = read_memory(address, size);
    return found ? hex(found->data(), found->size()) : "E01";
  }

  // The words for a breakpoint, as session.hpp has them; empty: there is none such.
  std::string words_for(char type, std::uint64_t address, std::uint64_t size, std::string& program) {
    if (type == '0' || type == '1') {
      for (const auto& [name, number] : numbers_)
        if (number == address >> 32) program = name;
      return program.empty() ? "" : fmt::format("*{}", (address & 0xffffffff) / sizeof(Insn));
    }
    if (type != '2' || size == 0) return {};
    for (const std::string& name : global_names(session_)) {
      GlobalVariable variable;
      if (find_global(session_.lines(), name, variable) &&
          address - reinterpret_cast<std::uint64_t>(variable.at) < variable.size)
        return fmt::format("watch {}", name);
    }
    return {};
  }

  void change_breakpoint(bool add, const std::string& rest) {
    const char type = rest.empty() ? '\0' : rest[0];
    if (type != '0' && type != '1' && type != '2') return send("");
    const auto [address, size] = two_numbers(rest.substr(std::min<std::size_t>(2, rest.size())));
    const auto key = std::pair(type, address);
    if (const auto known = breakpoints_.find(key); known != breakpoints_.end()) {
      if (add) return send("OK");
      session_.remove_breakpoint(known->second);
      breakpoints_.erase(known);
      return send("OK");
    }
    if (!add) return send("OK");
    std::string error, program;
    const std::string words = words_for(type, address, size, program);
    const int number = words.empty() ? 0 : session_.add_breakpoint(words, error, program);
    if (number == 0) return send("E01");
    breakpoints_[key] = number;
    send("OK");
  }

  void move(Motion motion) {
    if (!motion.back && !session_.held()) {
      over_ = true;
      return send("W00");
    }
    moving_ = true;
    session_.go(motion);
    if (!session_.held()) say(fmt::format("ended: {}", session_.stop().reason));
    moving_ = false;
    tell_stop();
  }
  void tell_stop() {
    const Stop& stop = session_.stop();
    if (!session_.held()) return send("T05thread:1;replaylog:end;");
    if (stop.reason == "the beginning") return send("T05thread:1;replaylog:begin;");
    if (stop.reason == "interrupted") return send("T02thread:1;");
    bool is_software = false;
    for (const auto& [key, number] : breakpoints_)
      if (number == stop.breakpoint) {
        if (key.first == '2') return send(fmt::format("T05thread:1;watch:{:x};", key.second));
        is_software = true;
      }
    send(is_software ? "T05thread:1;swbreak:;" : "T05thread:1;");
  }

  std::string printed_;
  bool moving_ = false, over_ = false, acknowledges_ = true;
  Session session_;
  Terminal terminal_;
  const std::string program_;
  std::map<std::string, std::size_t> numbers_;  // of programs, by name
  std::map<std::pair<char, std::uint64_t>, int> breakpoints_;
  Channel channel_;  // last: its thread uses the session
};

}  // namespace

std::string gdb_framed(std::string_view payload) {
  std::string escaped;
  for (const char c : payload) {
    if (c == '$' || c == '#' || c == '}' || c == '*') {
      escaped += '}';
      escaped += static_cast<char>(c ^ 0x20);
    } else {
      escaped += c;
    }
  }
  return fmt::format("${}#{:02x}", escaped, checksum(escaped));
}

std::optional<std::string> gdb_take(std::string& buffer, bool& broken) {
  const auto start = buffer.find_first_not_of("+-");
  buffer.erase(0, std::min(start, buffer.size()));
  if (buffer.empty()) return std::nullopt;
  if (buffer[0] == interrupt_byte[0]) {
    buffer.erase(0, 1);
    return std::string(interrupt_byte);
  }
  const auto end = buffer.find('#');
  broken = buffer[0] != '$' || (end == std::string::npos && buffer.size() > 2 * largest);
  if (broken || end == std::string::npos || buffer.size() < end + 3) return std::nullopt;
  const std::string escaped = buffer.substr(1, end - 1);
  const unsigned sum = static_cast<unsigned>(std::strtoul(buffer.substr(end + 1, 2).c_str(), nullptr, 16));
  buffer.erase(0, end + 3);
  if (sum != checksum(escaped)) return "-";
  std::string payload;
  for (std::size_t i = 0; i < escaped.size(); ++i)
    payload += escaped[i] == '}' && i + 1 < escaped.size() ? static_cast<char>(escaped[++i] ^ 0x20) : escaped[i];
  return payload;
}

int serve_gdb(const Play& play, const GdbOptions& options, int input, int output, std::string& error) {
  Stub stub(play, options, input, output);
  if (stub.good()) return stub.serve();
  error = stub.why();
  return 2;
}

int accept_gdb(std::uint16_t port, const std::function<void(std::uint16_t)>& listening, std::string& error) {
  const auto failed = [&](const char* what) {
    error = fmt::format("port {}: {}: {}", port, what, std::strerror(errno));
    return -1;
  };
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return failed("no socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int client = -1;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    failed("cannot be listened to");
  } else {
    listening(ntohs(address.sin_port));
    client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) failed("nobody came");
  }
  close(listener);
  return client;
}

}  // namespace skep::debugger
