// A Kernel with tests/work/rows.bpf.c loaded into it, and scripts on work items as one-liners.
//
//   Machine m;
//   EXPECT_EQ(m.run("hash", "update 1; init 1; set 1 quick; start 1"), "0 0 0 0");
//   m.drain();
//   EXPECT_EQ(m.trace().entered, 1U);
//
// An operation is its name, a key and up to two numbers (or a callback's name); results are numbers, errnos by name,
// and `none` for a key that has no element. Under the stepping executor work advances only inside run() and drain(),
// and with one CPU not even beside a script: what a script has started is pending until it returns, and stays so until
// the next call. So no test sleeps.
#pragma once

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "skep/kernel.hpp"
#include "support/engine.hpp"
#include "work/script.h"

namespace skep::test {

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// The value of the maps in rows.bpf.c, as user space sees it.
struct Elem {
  std::uint64_t a = 0;
  std::uint64_t item[2] = {};
  std::uint64_t b = 0;
  bool operator==(const Elem&) const = default;
};

struct MachineOptions {
  unsigned cpus = 1;
  std::int64_t seed = 1;  // negative: threads
  std::uint64_t memory_limit = 0;
};

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

inline std::unique_ptr<Kernel> make_work_kernel(const MachineOptions& options) {
  KernelOptions kernel;
  kernel.cpus = options.cpus;
  if (options.seed >= 0) kernel.stepping_seed = static_cast<std::uint64_t>(options.seed);
  kernel.host_btf = false;
  kernel.memory_limit = options.memory_limit;
  kernel.engine = test::engine_under_test();
  std::string error;
  auto made = Kernel::make(kernel, error);
  EXPECT_NE(made, nullptr) << error;
  return made;
}

inline int say_nothing(libbpf_print_level, const char*, va_list) {
  return 0;
}

// As a skeleton's load does: from here on the initial values are the maps' own memory.
inline void map_globals(bpf_object* object) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    std::size_t size = 0;
    void* at = bpf_map__is_internal(map) ? bpf_map__initial_value(map, &size) : nullptr;
    if (at == nullptr || (bpf_map__map_flags(map) & BPF_F_MMAPABLE) == 0) continue;
    const int protection = (bpf_map__map_flags(map) & BPF_F_RDONLY_PROG) != 0 ? PROT_READ : PROT_READ | PROT_WRITE;
    EXPECT_EQ(mmap(at, size, protection, MAP_SHARED | MAP_FIXED, bpf_map__fd(map), 0), at) << std::strerror(errno);
  }
}

// Null, and a failed test, when it cannot be loaded. `prepare` may change the object before.
template <typename Prepare>
ObjectPtr load_object(Kernel& kernel, const std::string& path, Prepare&& prepare) {
  libbpf_set_print(say_nothing);
  ObjectPtr object(bpf_object__open_file(path.c_str(), nullptr));
  if (!object) {
    ADD_FAILURE() << path << ": " << std::strerror(errno);
    return nullptr;
  }
  if (const btf* types = bpf_object__btf(object.get()); types != nullptr) {
    __u32 size = 0;
    const auto* raw = static_cast<const std::uint8_t*>(btf__raw_data(types, &size));
    kernel.adapt_to_object({raw, size});
  }
  prepare(object.get());
  if (const int failed = bpf_object__load(object.get()); failed != 0) {
    ADD_FAILURE() << path << ": " << std::strerror(-failed) << ": " << kernel.last_load().message;
    return nullptr;
  }
  map_globals(object.get());
  return object;
}
inline ObjectPtr load_object(Kernel& kernel, const std::string& path) {
  return load_object(kernel, path, [](bpf_object*) {});
}

// The global data of an object as T.
template <typename T>
T* global_data(bpf_object* object, const char* section, std::size_t offset) {
  bpf_map* map = bpf_object__find_map_by_name(object, section);
  std::size_t size = 0;
  void* at = map != nullptr ? bpf_map__initial_value(map, &size) : nullptr;
  if (at == nullptr || offset + sizeof(T) > size) return nullptr;
  return reinterpret_cast<T*>(static_cast<char*>(at) + offset);
}

// Where the variable `name` is in `section`, or -1.
inline long variable_offset(const bpf_object* object, const char* section, const char* name) {
  const btf* types = bpf_object__btf(object);
  const int id = btf__find_by_name_kind(types, section, BTF_KIND_DATASEC);
  if (id <= 0) return -1;
  const btf_type* sec = btf__type_by_id(types, static_cast<__u32>(id));
  const btf_var_secinfo* variables = btf_var_secinfos(sec);
  for (unsigned i = 0; i < btf_vlen(sec); ++i) {
    const btf_type* variable = btf__type_by_id(types, variables[i].type);
    if (std::string_view(btf__name_by_offset(types, variable->name_off)) == name) return variables[i].offset;
  }
  return -1;
}

template <typename T>
T* variable(bpf_object* object, const char* name) {
  for (const char* section : {".bss", ".data"}) {
    const long offset = variable_offset(object, section, name);
    if (offset >= 0) return global_data<T>(object, section, static_cast<std::size_t>(offset));
  }
  return nullptr;
}

inline int test_run(int program, bool packet, std::uint32_t* retval = nullptr) {
  char data[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (packet) {
    options.data_in = data;
    options.data_size_in = sizeof data;
    options.repeat = 1;
  }
  const int error = bpf_prog_test_run_opts(program, &options);
  if (retval != nullptr) *retval = options.retval;
  return error;
}

class Machine {
 public:
  explicit Machine(const MachineOptions& options = {})
      : kernel_(make_work_kernel(options)), binding_(std::make_unique<KernelBinding>(*kernel_)) {
    object_ = load_object(*kernel_, WORK_OBJECTS "/rows.bpf.o");
    if (!object_) return;
    ops_ = variable<op>(object_.get(), "ops");
    results_ = variable<std::int64_t>(object_.get(), "results");
    trace_ = variable<struct trace>(object_.get(), "trace");
  }
  ~Machine() {
    if (trace_ != nullptr) release();
    object_.reset();
  }

  bool ready() const { return ops_ != nullptr && results_ != nullptr && trace_ != nullptr; }
  Kernel& kernel() { return *kernel_; }
  bpf_object* object() { return object_.get(); }
  void close_object() {  // the globals go with it
    ops_ = nullptr, results_ = nullptr, trace_ = nullptr;
    object_.reset();
  }
  volatile struct trace& trace() { return *trace_; }
  int map_fd(const char* name) { return bpf_object__find_map_fd_by_name(object_.get(), name); }
  int program_fd(const char* name) { return bpf_program__fd(bpf_object__find_program_by_name(object_.get(), name)); }

  // Runs a script on a map, and gives the results in one line.
  std::string run(const std::string& map, const std::string& script, const char* program = "script") {
    return run_fd(program_fd(program), map, script, std::string_view(program) == "script_tc");
  }
  std::string run_fd(int program, const std::string& map, const std::string& script, bool packet = false) {
    const std::size_t calls = prepare(map, script);
    if (const int error = test_run(program, packet); error != 0) return "not run: " + errno_name(error);
    return results(calls);
  }
  // The same in parts: how many calls it will make, the run, and the results of those calls.
  std::size_t prepare(const std::string& map, const std::string& script) {
    const std::vector<op> wanted = parse(map, script);
    std::memset(ops_, 0, sizeof(op) * MAX_OPS);
    std::copy(wanted.begin(), wanted.end(), ops_);
    for (int i = 0; i < MAX_OPS; ++i) results_[i] = UNKNOWN;
    return wanted.size();
  }
  int run_prepared(int program) { return test_run(program, false); }
  std::string results(std::size_t calls) const {
    std::string text;
    for (std::size_t i = 0; i < calls; ++i) {
      if (i != 0) text += ' ';
      text += result_name(results_[i]);
    }
    return text;
  }
  // Lets others proceed until so many callbacks have been entered: a program that looks, again and again, and gives its
  // CPU up in between.
  bool await(std::uint32_t entered) {
    trace_->awaited = entered;
    for (unsigned tries = 0; tries < 10'000'000; ++tries) {
      if (run("array", "await") == "0") return true;
    }
    return false;
  }
  // The last result as a number.
  std::int64_t result(std::size_t index) const { return results_[index]; }

  bool drain(std::uint64_t limit = no_limit) { return kernel_->drain(limit); }
  // Lets spinning callbacks go on, or makes them spin.
  void hold() { trace_->hold = 1; }
  void release() { *const_cast<volatile std::uint32_t*>(&trace_->hold) = 0; }
  void forget() {
    const std::uint32_t hold = trace_->hold;
    *trace_ = {};
    trace_->hold = hold;
  }
  // Started work that has ended without a run, and with one.
  std::uint64_t cancelled() const { return kernel_->work().cancelled; }
  std::uint64_t merged() const { return kernel_->work().merged; }

  // ---- user space's side of a map ----
  int update(const char* map, std::uint32_t key, const Elem& value, std::uint64_t flags = 0) {
    return bpf_map_update_elem(map_fd(map), &key, &value, flags);
  }
  int erase(const char* map, std::uint32_t key) { return bpf_map_delete_elem(map_fd(map), &key); }
  int lookup(const char* map, std::uint32_t key, Elem& value) { return bpf_map_lookup_elem(map_fd(map), &key, &value); }
  int lookup_and_delete(const char* map, std::uint32_t key, Elem& value) {
    return bpf_map_lookup_and_delete_elem(map_fd(map), &key, &value);
  }

  static std::string errno_name(std::int64_t code) {
    const std::map<std::int64_t, std::string> names = {
        {-EPERM, "EPERM"},   {-ENOENT, "ENOENT"}, {-EACCES, "EACCES"},         {-EBUSY, "EBUSY"},  {-EEXIST, "EEXIST"},
        {-EINVAL, "EINVAL"}, {-ENOMEM, "ENOMEM"}, {-EOPNOTSUPP, "EOPNOTSUPP"}, {-524, "ENOTSUPP"}, {-EFAULT, "EFAULT"},
        {-E2BIG, "E2BIG"},   {-EBADF, "EBADF"},   {-EDEADLK, "EDEADLK"}};
    const auto found = names.find(code);
    return found != names.end() ? found->second : fmt::format("{}", code);
  }

 private:
  static std::string result_name(std::int64_t result) {
    if (result == NO_ELEMENT) return "none";
    if (result == UNKNOWN) return "?";
    return errno_name(result);
  }
  static std::uint32_t number(const std::string& word) {
    const std::map<std::string, std::uint32_t> names = {{"quick", CB_QUICK},
                                                        {"spin", CB_SPIN},
                                                        {"spin_start", CB_SPIN_START},
                                                        {"rearm", CB_REARM},
                                                        {"init_self", CB_INIT_SELF},
                                                        {"set_other", CB_SET_OTHER},
                                                        {"update_self", CB_UPDATE_SELF},
                                                        {"delete_self", CB_DELETE_SELF},
                                                        {"sleeper", CB_SLEEPER}};
    const auto found = names.find(word);
    return found != names.end() ? found->second : static_cast<std::uint32_t>(std::stoul(word, nullptr, 0));
  }
  static std::vector<op> parse(const std::string& map, const std::string& script) {
    const std::map<std::string, std::uint32_t> codes = {{"init", OP_INIT},
                                                        {"set", OP_SET},
                                                        {"start", OP_START},
                                                        {"update", OP_UPDATE},
                                                        {"delete", OP_DELETE},
                                                        {"exists", OP_EXISTS},
                                                        {"set_b", OP_SET_B},
                                                        {"get_b", OP_GET_B},
                                                        {"address", OP_ADDRESS},
                                                        {"await", OP_AWAIT},
                                                        {"timer_init", OP_TIMER_INIT},
                                                        {"timer_set", OP_TIMER_SET},
                                                        {"timer_start", OP_TIMER_START},
                                                        {"timer_cancel", OP_TIMER_CANCEL}};
    const std::map<std::string, std::uint32_t> maps = {{"array", MAP_ARRAY},
                                                       {"hash", MAP_HASH},
                                                       {"hash_no_prealloc", MAP_HASH_NO_PREALLOC},
                                                       {"lru", MAP_LRU},
                                                       {"rhash", MAP_RHASH},
                                                       {"locked_array", MAP_LOCKED_ARRAY},
                                                       {"locked_hash", MAP_LOCKED_HASH},
                                                       {"locked_hash_no_prealloc", MAP_LOCKED_HASH_NO_PREALLOC},
                                                       {"timers", MAP_TIMERS},
                                                       {"inner", MAP_INNER}};
    std::vector<op> ops;
    std::istringstream statements(script);
    for (std::string statement; std::getline(statements, statement, ';');) {
      std::istringstream words(statement);
      std::string code, key = "0", arg = "0", flags = "0";
      words >> code >> key >> arg >> flags;
      ops.push_back({codes.at(code), maps.at(map), number(key), number(arg), number(flags)});
    }
    EXPECT_LE(ops.size(), static_cast<std::size_t>(MAX_OPS));
    return ops;
  }

  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<KernelBinding> binding_;
  ObjectPtr object_;
  op* ops_ = nullptr;
  std::int64_t* results_ = nullptr;
  struct trace* trace_ = nullptr;
};

}  // namespace skep::test
