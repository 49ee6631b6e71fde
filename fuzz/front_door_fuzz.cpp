// bpf(2)'s front door: commands that are almost right, one after the other, on one Kernel. Whatever they hold, they are
// answered; nothing crashes, leaks, or is read or written beyond what the caller gave. Under libFuzzer the bytes are
// the choices; front_door_main.cpp makes inputs from seeds without it.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "btf/module_builder.hpp"
#include "isa/insn.hpp"
#include "kernel/attr.hpp"
#include "programs/choices.hpp"
#include "skep/kernel.hpp"

namespace skep::fuzz {
namespace {

constexpr std::size_t page = 4096;
constexpr unsigned attr_size = 168;

// Memory of the caller's that ends where nothing may be touched.
class UserMemory {
 public:
  UserMemory()
      : at_(static_cast<std::uint8_t*>(
            mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (at_ == MAP_FAILED || mprotect(at_ + 3 * page, page, PROT_NONE) != 0) std::abort();
  }
  ~UserMemory() { munmap(at_, 4 * page); }
  UserMemory(const UserMemory&) = delete;
  UserMemory& operator=(const UserMemory&) = delete;
  // `size` bytes that end at the wall.
  std::uint8_t* last(std::size_t size) { return at_ + 3 * page - size; }
  std::span<std::uint8_t> all() { return {at_, 3 * page}; }
  bool holds(std::uint64_t address) const { return address - reinterpret_cast<std::uint64_t>(at_) < 4 * page; }

 private:
  std::uint8_t* at_;
};

class Caller {
 public:
  explicit Caller(Choices& choices) : choices_(choices) {
    KernelOptions options;
    options.cpus = 1;
    options.host_btf = false;
    options.stepping_seed = 1;
    std::string error;
    kernel_ = Kernel::make(options, error);
    if (!kernel_) std::abort();
  }

  void command() {
    attr_.fill(0);
    const auto which = static_cast<Command>(choices_.below(40));
    fill(which);
    if (choices_.percent(25)) spoil();
    if (which == Command::prog_test_run) as<attr::TestRun>().repeat %= 16;  // it takes no longer than it must
    unsigned size = choices_.percent(85) ? attr_size : choices_.below(attr_size + 40);
    if (choices_.percent(1)) size = 0xffffffff;
    std::uint8_t* user = attributes_.last(std::min<std::size_t>(size, page));
    std::memset(user, 0, std::min<std::size_t>(size, page));
    std::memcpy(user, attr_.data(), std::min<std::size_t>(size, attr_size));
    const int result = kernel_->bpf(static_cast<int>(which), user, size);
    if (result > 2 && kernel_->owns(result)) fds_.push_back(result);
    if (choices_.percent(5) && !fds_.empty()) {
      const std::size_t gone = choices_.below(static_cast<std::uint32_t>(fds_.size()));
      kernel_->close(fds_[gone]);
      fds_.erase(fds_.begin() + static_cast<std::ptrdiff_t>(gone));
    }
    if (choices_.percent(2)) kernel_->unpin("pin");
  }
  void finish() {
    for (const int fd : fds_) kernel_->close(fd);
    kernel_->drain(1'000'000);
  }

 private:
  std::uint32_t fd() {
    if (fds_.empty() || choices_.percent(5)) return choices_.one_of<std::uint32_t>({0, 0x7fffffff, 500, 0xffffffff});
    return static_cast<std::uint32_t>(fds_[choices_.below(static_cast<std::uint32_t>(fds_.size()))]);
  }
  std::uint32_t number() {
    switch (choices_.below(6)) {
      case 0:
        return 0;
      case 1:
        return choices_.below(70);
      case 2:
        return 1U << choices_.below(31);
      case 3:
        return choices_.below(0x7fff);
      default:
        return choices_.below(5);
    }
  }
  // Where the caller's data is: its own memory, filled with something, or nowhere.
  std::uint64_t pointer(std::size_t size = 64) {
    if (choices_.percent(8)) return choices_.one_of<std::uint64_t>({0, 16, 0xffff800000000000, 0xffffffffffffffff});
    std::uint8_t* at = data_.last(std::min(size, 3 * page));
    if (choices_.percent(50))
      for (std::size_t i = 0; i < std::min<std::size_t>(size, 64); ++i)
        at[i] = static_cast<std::uint8_t>(choices_.percent(60) ? 0 : choices_.below(256));
    return reinterpret_cast<std::uint64_t>(at);
  }
  std::uint64_t bytes(const void* from, std::size_t size) {
    std::uint8_t* at = data_.last(std::min(size, 3 * page));
    std::memcpy(at, from, std::min(size, 3 * page));
    return reinterpret_cast<std::uint64_t>(at);
  }
  std::uint64_t text(const char* words) {
    std::uint8_t* at = texts_.last(std::strlen(words) + 1);
    std::memcpy(at, words, std::strlen(words) + 1);
    return reinterpret_cast<std::uint64_t>(at);
  }
  // Any word of the attributes becomes something else. One half of a pointer may: what comes of it must not be an
  // address of this process's other memory, which the Kernel would rightly write to.
  void spoil() {
    for (unsigned n = 1 + choices_.below(3); n != 0; --n) {
      const std::uint32_t value = choices_.percent(20) ? fd() : number();
      std::memcpy(attr_.data() + 4 * choices_.below(attr_size / 4), &value, 4);
    }
    for (unsigned at = 0; at + 8 <= attr_size; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, attr_.data() + at, sizeof word);
      const bool user_address = word >> 32 != 0 && word >> 47 == 0;
      if (user_address && !attributes_.holds(word) && !data_.holds(word) && !texts_.holds(word) && !logs_.holds(word))
        std::memset(attr_.data() + at + 4, 0, 4);
    }
  }
  template <typename Attr>
  Attr& as() {
    static_assert(sizeof(Attr) <= attr_size + 8);
    return *reinterpret_cast<Attr*>(attr_.data());
  }
  void program(attr::ProgLoad& a);
  void types(attr::BtfLoad& a);
  void fill(Command which);

  Choices& choices_;
  std::unique_ptr<Kernel> kernel_;
  UserMemory attributes_, data_, texts_, logs_;
  std::vector<int> fds_;
  alignas(8) std::array<std::uint8_t, 256> attr_{};
};

void Caller::program(attr::ProgLoad& a) {
  std::vector<Insn> insns;
  if (choices_.percent(30)) {
    for (unsigned n = 1 + choices_.below(12); n != 0; --n) {
      insns.push_back(std::bit_cast<Insn>(choices_.any()));
    }
  } else if (choices_.percent(50)) {  // looks something up in a map
    insns = {{0x62, 10, 0, -8, 0},
             {0x18, 1, 1, 0, static_cast<std::int32_t>(fd())},
             {},
             {0xbf, 2, 10, 0, 0},
             {0x07, 2, 0, 0, -8},
             {0x85, 0, 0, 0, 1}};
  }
  insns.push_back({0xb7, 0, 0, 0, static_cast<std::int32_t>(choices_.below(4))});
  insns.push_back({0x95, 0, 0, 0, 0});
  a.prog_type = choices_.percent(70) ? choices_.one_of<std::uint32_t>({1, 3, 6, 8, 17, 31}) : choices_.below(36);
  a.insns = bytes(insns.data(), insns.size() * sizeof(Insn));
  a.insn_cnt = static_cast<std::uint32_t>(insns.size());
  a.license = text(choices_.percent(80) ? "GPL" : "other");
  if (choices_.percent(50)) {
    a.log_level = choices_.below(8);
    a.log_size = a.log_level != 0 ? 1 + choices_.below(3 * page) : 0;
    a.log_buf = a.log_level != 0 ? reinterpret_cast<std::uint64_t>(logs_.last(a.log_size)) : 0;
  }
  if (choices_.percent(20)) {
    a.prog_btf_fd = fd();
    a.func_info_rec_size = choices_.percent(70) ? 8 : number();
    a.func_info_cnt = choices_.below(4);
    a.func_info = choices_.percent(50) ? pointer() : a.insns;
    a.line_info_rec_size = choices_.percent(70) ? 16 : number();
    a.line_info_cnt = choices_.below(4);
    a.line_info = choices_.percent(50) ? pointer() : a.insns;
  }
  if (choices_.percent(15)) a.expected_attach_type = choices_.below(60);
  if (choices_.percent(10)) a.attach_btf_id = choices_.below(200), a.attach_prog_fd = choices_.percent(50) ? 0 : fd();
  if (choices_.percent(10)) a.fd_array = pointer(), a.fd_array_cnt = choices_.below(8);
  if (choices_.percent(20)) a.prog_flags = 1U << choices_.below(9);
}

void Caller::types(attr::BtfLoad& a) {
  btf::ModuleBuilder builder(nullptr);
  std::string error;
  builder.add_struct("struct bpf_wq { unsigned long long __opaque[2]; }", error);
  builder.add_struct("struct value { struct bpf_wq wq; int a; struct value *next; }", error);
  builder.add_function("int f(struct value *v, int n)", error);
  std::vector<std::uint8_t> raw = builder.finish();
  if (choices_.percent(60))
    for (unsigned n = 1 + choices_.below(4); n != 0; --n)
      raw[choices_.below(static_cast<std::uint32_t>(raw.size()))] = static_cast<std::uint8_t>(choices_.below(256));
  if (choices_.percent(10)) raw.resize(choices_.below(static_cast<std::uint32_t>(raw.size())));
  a.btf = bytes(raw.data(), raw.size());
  a.btf_size = static_cast<std::uint32_t>(raw.size());
  if (choices_.percent(40)) {
    a.btf_log_level = 1;
    a.btf_log_size = 1 + choices_.below(3 * page);
    a.btf_log_buf = reinterpret_cast<std::uint64_t>(logs_.last(a.btf_log_size));
  }
}

void Caller::fill(Command which) {
  switch (which) {
    case Command::map_create: {
      auto& a = as<attr::MapCreate>();
      a.map_type = choices_.below(36);
      a.key_size = choices_.one_of<std::uint32_t>({4, 4, 4, 0, 8, 1, 512});
      a.value_size = choices_.one_of<std::uint32_t>({4, 8, 24, 32, 0, 1, 1000});
      a.max_entries = choices_.one_of<std::uint32_t>({1, 2, 16, 4096, 0});
      if (choices_.percent(30)) a.map_flags = 1U << choices_.below(20);
      if (choices_.percent(30)) a.inner_map_fd = fd();
      if (choices_.percent(30))
        a.btf_fd = fd(), a.btf_value_type_id = choices_.below(9), a.btf_key_type_id = choices_.below(4);
      if (choices_.percent(5)) a.btf_vmlinux_value_type_id = choices_.below(100);
      if (choices_.percent(5)) a.map_extra = choices_.below(40);
      std::memcpy(a.map_name, "name", 4);
      return;
    }
    case Command::map_lookup_elem:
    case Command::map_update_elem:
    case Command::map_delete_elem:
    case Command::map_get_next_key:
    case Command::map_lookup_and_delete_elem: {
      auto& a = as<attr::MapElem>();
      a.map_fd = fd();
      a.key = pointer(choices_.percent(80) ? 512 : 4);
      if (which != Command::map_delete_elem) a.value = pointer(choices_.percent(80) ? page : 8);
      if (choices_.percent(30)) a.flags = choices_.below(9);
      return;
    }
    case Command::map_lookup_batch:
    case Command::map_lookup_and_delete_batch:
    case Command::map_update_batch:
    case Command::map_delete_batch: {
      auto& a = as<attr::MapBatch>();
      a.map_fd = fd();
      a.in_batch = choices_.percent(50) ? 0 : pointer();
      a.out_batch = pointer();
      a.keys = pointer(2 * page);
      a.values = pointer(3 * page);
      a.count = choices_.percent(80) ? choices_.below(20) : number();
      return;
    }
    case Command::prog_load:
      return program(as<attr::ProgLoad>());
    case Command::btf_load:
      return types(as<attr::BtfLoad>());
    case Command::prog_test_run: {
      auto& a = as<attr::TestRun>();
      a.prog_fd = fd();
      if (choices_.percent(70)) {
        a.data_size_in = choices_.percent(70) ? 14 + choices_.below(100) : number();
        a.data_in = pointer(a.data_size_in);
        a.data_out = choices_.percent(50) ? pointer(page) : 0;
        a.data_size_out = a.data_out != 0 ? number() : 0;
        a.repeat = choices_.below(4);
      }
      if (choices_.percent(30)) {
        a.ctx_size_in = choices_.one_of<std::uint32_t>({24, 192, 8, 96, 200, 4096});
        a.ctx_in = pointer(a.ctx_size_in);
      }
      if (choices_.percent(20)) a.ctx_size_out = choices_.below(300), a.ctx_out = pointer(page);
      if (choices_.percent(10)) a.flags = choices_.below(8), a.cpu = choices_.below(3);
      return;
    }
    case Command::obj_get_info_by_fd: {
      auto& a = as<attr::Info>();
      a.bpf_fd = fd();
      a.info_len = choices_.percent(60) ? choices_.below(400) : number();
      a.info = pointer(std::max<std::size_t>(a.info_len, 8));
      return;
    }
    case Command::obj_pin:
    case Command::obj_get: {
      auto& a = as<attr::Obj>();
      a.pathname = choices_.percent(90) ? text("pin") : pointer(3 * page);
      if (which == Command::obj_pin) a.bpf_fd = fd();
      return;
    }
    case Command::link_create: {
      auto& a = as<attr::LinkCreate>();
      a.prog_fd = fd();
      if (choices_.percent(50)) a.target_fd = fd();
      a.attach_type = choices_.below(60);
      if (choices_.percent(30)) a.kind[choices_.below(6)] = pointer();
      return;
    }
    case Command::raw_tracepoint_open: {
      auto& a = as<attr::RawTracepoint>();
      a.name = choices_.percent(80) ? text("sys_enter") : pointer(3 * page);
      a.prog_fd = fd();
      return;
    }
    default: {  // words: descriptors and small numbers
      auto* words = reinterpret_cast<std::uint32_t*>(attr_.data());
      for (unsigned i = 0; i < 4; ++i) words[i] = choices_.percent(50) ? fd() : choices_.below(4);
      return;
    }
  }
}

}  // namespace

void call_front_door(Choices& choices) {
  Caller caller(choices);
  for (unsigned n = 0; n < 200 && !choices.exhausted(); ++n) caller.command();
  caller.finish();
}

}  // namespace skep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  skep::fuzz::Choices choices(std::span(data, size));
  skep::fuzz::call_front_door(choices);
  return 0;
}
