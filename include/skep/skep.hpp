// Skep for an application that embeds it: load BPF objects, run their programs, read their maps, answer their calls.
//
//   #include <skep/skep.hpp>
//
//   std::uint64_t shout(const skep::HostCall& call) { return call[0] * 2; }  // a kfunc of the application's own
//
//   int main() {
//     skep::HostModule module;
//     module.name = "app";
//     module.kfuncs = {{"u64 app_shout(u64 number)", 0, skep::all_program_types, shout}};
//     skep::KernelOptions options;
//     options.pumped = true;  // asynchronous work runs when this program says so
//     options.modules = {module};
//     auto kernel = skep::make_kernel(options);
//     if (!kernel) return complain(kernel.message());
//
//     auto object = skep::Object::load(*kernel, "filter.bpf.o");  // libbpf loads it, the verifier proves it safe
//     if (!object) return complain(object.message());             // else: what it refused, where, and what to do
//     auto filter = object->program("filter");
//     auto run = filter->run({.packet = bytes});                  // a test run of the program on a packet
//     if (run && run->verdict == XDP_PASS) send(run->packet);
//
//     (*kernel)->pump(1'000'000);                                 // the work queues' callbacks, for at most 1 ms
//     auto counts = object->map("counts");
//     auto total = counts->lookup<std::uint64_t>(std::uint32_t{0});  // Result<std::optional<std::uint64_t>>
//   }
//
// Examples that are compiled and run by the tests: examples/embed.cpp and, in C, examples/embed.c.
//
// Objects, programs, maps and links are values: cheap to copy, and what a copy names stays loaded while a copy lives.
// Each keeps its Kernel alive, so nothing has to be destroyed in a particular order; do not keep one inside of what the
// Kernel itself keeps (a listener, a host function's user data), or neither ends. A default-made one is empty, and
// whatever is asked of it answers EBADF.
//
// Errors: every function that can fail answers with a Status or a Result (skep/status.hpp); no exception leaves the
// library, but std::bad_alloc where memory ends. Exceptions of host functions and listeners end at the call: on_log is
// told. Thread-safety: different threads may use the same object, program, map or link at once, unless a function says
// otherwise; assigning to a variable that another thread reads is, as ever, up to you.
//
// Where behavior comes from: the semantics of programs, maps and commands are bpf(2)'s of Linux 7.3, by way of
// Kernel::bpf (skep/kernel.hpp); loading is libbpf's. What is Skep's own is said to be.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "skep/export.h"
#include "skep/kernel.hpp"
#include "skep/status.hpp"

struct bpf_object;

namespace skep {

namespace api {  // what the handles share; not for use
struct ProgramState;
struct MapState;
struct LinkState;
struct ObjectState;
struct RingState;
}  // namespace api

class Map;
class Program;
class Link;
class Object;
struct LoadOptions;

namespace api {
// For tools that load with libbpf themselves: the object of one that is loaded, which is closed with its last copy.
SKEP_API Result<Object> object_of(std::shared_ptr<Kernel> kernel, bpf_object* loaded, const LoadOptions& options);
}  // namespace api

// Kernel::make, as the rest of this header has it. EINVAL: what the options ask for is not possible, in words.
SKEP_API Result<std::shared_ptr<Kernel>> make_kernel(const KernelOptions& options = {});

struct LoadOptions {
  std::string name = {};                   // of an object from memory, for messages; not set: "object"
  std::vector<std::string> programs = {};  // load only these; empty: those that libbpf loads by itself (no '?' section)
  // Global variables (`const volatile` ones, too) as they are to begin: name, and JSON or a plain text ("10.0.0.1").
  std::vector<std::pair<std::string, std::string>> globals = {};
  // The types of records, by the names of ring buffers and perf event arrays: {"events", "struct event"}. Of others it
  // is the one struct of the object's types that has the record's size, if there is but one: a struct that programs
  // fill on their stack is among the types if a global names it (`const struct event *unused;`).
  std::vector<std::pair<std::string, std::string>> records = {};
};

// A BPF object file, loaded: its maps are made, its programs accepted. It stays loaded while a copy, or a Program or
// Map of it, lives.
class SKEP_API Object {
 public:
  Object();
  // Through libbpf: ELF, BTF, CO-RE relocation against the Kernel's types, kfuncs, struct_ops. Errors: ENOENT and the
  // like for the file, EINVAL when it is no BPF object, the verifier's errno (EACCES, EINVAL, E2BIG) when a program is
  // refused; the message is then the verifier's, with the reason and a suggestion where there is one. Nothing stays
  // loaded after an error.
  static Result<Object> load(std::shared_ptr<Kernel> kernel, const std::string& path, const LoadOptions& options = {});
  // The same from memory; the bytes are needed only during the call.
  static Result<Object> load(std::shared_ptr<Kernel> kernel, std::span<const std::uint8_t> bytes,
                             const LoadOptions& options = {});

  // By the name in the source. ENOENT: there is none, or it was not loaded; the message lists those that there are.
  Result<Program> program(std::string_view name) const;
  // By the name in the source; ".bss", ".data", ".rodata" for the global variables.
  Result<Map> map(std::string_view name) const;
  std::vector<Program> programs() const;
  std::vector<Map> maps() const;

  // Program::attach or Map::attach of everything that says in its section what it attaches to, and of all struct_ops
  // maps. On an error nothing of it stays attached.
  Result<std::vector<Link>> attach() const;

 private:
  friend Result<Object> api::object_of(std::shared_ptr<Kernel> kernel, bpf_object* loaded, const LoadOptions& options);
  explicit Object(std::shared_ptr<const api::ObjectState> state);
  std::shared_ptr<const api::ObjectState> state_;
};

struct RunInput {
  std::span<const std::uint8_t> packet = {};  // from the Ethernet header on; at least 14 bytes for types that take one
  std::span<const std::uint8_t> context =
      {};                    // __sk_buff, xdp_md, a syscall program's argument, raw tracepoint arguments
  std::uint32_t repeat = 1;  // runs; each on the packet as given (xdp) or as the run before left it (skb)
  // Of each of these runs, instead of the Kernel's. Not set: the thread's (RunLimitsScope), else the Kernel's.
  std::optional<RunLimits> limits = {};
  // Skep's own way in: the context or the arguments by name, in JSON (skep/describe.hpp). Given, or for programs of
  // types that the kernel has no test runs of, the program itself is called with it.
  std::string_view described = {};
  std::string_view target = {};  // … what it is attached to, where it does not say so itself: "sched_switch"
};

struct RunResult {
  std::uint32_t verdict = 0;             // the program's return value, of the last run
  std::vector<std::uint8_t> packet;      // as the last run left it
  std::vector<std::uint8_t> context;     // the fields that test runs give back; empty if none was given
  std::chrono::nanoseconds duration{0};  // of one run, on average; 0 where the type's test runs do not measure
  Redirection redirection;               // where the packet was to go, if the verdict is that it goes somewhere
  std::string output;                    // what an iterator's program has written
  std::vector<std::string> not_given;    // what a described run read that was not described: "file.f_path.dentry"
};

struct AttachOptions {
  std::string target = {};  // raw_tracepoint: the tracepoint. Not set: what the section says
  std::optional<int> target_fd =
      {};  // an interface index (xdp, tcx) or a descriptor (cgroup): any number; Skep only notes it
};

class SKEP_API Program {
 public:
  Program();
  const std::string& name() const;  // the whole name, as in the source
  ProgType type() const;
  std::uint32_t id() const;  // 0: empty
  // Valid while this or a copy lives. -1: empty.
  int fd() const;

  // BPF_PROG_TEST_RUN, or run_described (skep/describe.hpp) where there is none for the type or `described` is given:
  // runs it on this thread, on any free virtual CPU. Work that it starts runs as the Kernel's options say. EINVAL: a
  // packet or context that the type does not take; EOPNOTSUPP: it came to a call that has no behavior here, by name
  // in the message. What is attached to functions is called by Kernel::call_hook, tables by StructOps. ETIME: a
  // limit was reached, EINTR: Kernel::stop_runs; the message says where the run was stopped, and its effects stay.
  Result<RunResult> run(const RunInput& input = {}) const;

  // Attaches it as bpf_program__attach does, within the Kernel: nothing of the machine is touched. Links are fired by
  // the application (Link::fire, Kernel::call_hook). EOPNOTSUPP: its kind of attachment (perf events, sockets) is not
  // there; EINVAL: the section does not say what to attach to and `options` do not either.
  Result<Link> attach(const AttachOptions& options = {}) const;

 private:
  friend class Object;
  explicit Program(std::shared_ptr<const api::ProgramState> state);
  std::shared_ptr<const api::ProgramState> state_;
};

enum class Update : std::uint64_t {
  any = 0,       // BPF_ANY: make or replace
  no_exist = 1,  // BPF_NOEXIST: only make; EEXIST
  exist = 2,     // BPF_EXIST: only replace; ENOENT
};

template <typename Key, typename Value>
class TypedMap;

// What of a map is shown as JSON, or made of it: see Map::show. A record is what ring buffers and perf events carry.
enum class MapPart : std::uint8_t { key, value, record };

// A map. Keys and values are bytes to it; the templates take trivially copyable types whose size must be the map's, and
// answer EINVAL, with both sizes in the message, when it is not. Elements are read and written whole, but not
// atomically, as in the kernel.
class SKEP_API Map {
 public:
  Map();
  const std::string& name() const;  // as in the source
  MapType type() const;
  std::uint32_t id() const;        // 0: empty
  std::size_t key_size() const;    // bytes
  std::size_t value_size() const;  // bytes; of a per-CPU map: one CPU's
  std::size_t max_entries() const;
  // Per-CPU maps: elements are read and written for all CPUs at once.
  bool per_cpu() const;
  // Valid while this or a copy lives. -1: empty.
  int fd() const;

  // The element's value; nothing if there is no such key. Not for per-CPU maps.
  template <typename Value, typename Key>
  Result<std::optional<Value>> lookup(const Key& key) const {
    Value value{};
    const Result<bool> found = read(&key, size_of(key), &value, size_of(value));
    if (!found) return found.status();
    return *found ? std::optional<Value>(value) : std::optional<Value>();
  }
  // Of a per-CPU map: one value a virtual CPU.
  template <typename Value, typename Key>
  Result<std::optional<std::vector<Value>>> lookup_each_cpu(const Key& key) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    const std::size_t stride = (sizeof(Value) + 7) / 8 * 8;
    std::vector<std::uint8_t> bytes(cpus() * stride);
    const Result<bool> found = read(&key, size_of(key), bytes.data(), bytes.size());
    if (!found) return found.status();
    if (!*found) return std::optional<std::vector<Value>>();
    std::vector<Value> values(cpus());
    for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(&values[i], bytes.data() + i * stride, sizeof(Value));
    return std::optional<std::vector<Value>>(std::move(values));
  }
  // E2BIG: the map is full; EEXIST, ENOENT: see Update.
  template <typename Key, typename Value>
  Status update(const Key& key, const Value& value, Update how = Update::any) const {
    return write(&key, size_of(key), &value, size_of(value), how);
  }
  // False: there was no such key.
  template <typename Key>
  Result<bool> erase(const Key& key) const {
    return remove(&key, size_of(key));
  }
  // A view that has checked both sizes, once: EINVAL when they are not the map's, or the map is per-CPU.
  template <typename Key, typename Value>
  Result<TypedMap<Key, Value>> typed() const;

  // The same for bytes: sizes are the map's, for per-CPU maps round_up(value_size(), 8) * cpus().
  Result<bool> read(const void* key, std::size_t key_size, void* value, std::size_t value_size) const;
  Status write(const void* key, std::size_t key_size, const void* value, std::size_t value_size, Update how) const;
  Result<bool> remove(const void* key, std::size_t key_size) const;
  // The key after `key` (null: the first), in no particular order; false: that was the last. An element that goes while
  // somebody iterates makes him begin again, as BPF_MAP_GET_NEXT_KEY does.
  Result<bool> next_key(const void* key, void* next, std::size_t key_size) const;
  std::size_t cpus() const;  // of the Kernel

  // A key, a value or a record as JSON, by the types of the object: {"src": "10.0.0.1", "hits": 3}, "BLOCKED", [1, 2].
  // Where they are not known, a list of bytes: ["0x0a", "0x00"]. Values of per-CPU maps: one CPU's.
  std::string show(MapPart part, std::span<const std::uint8_t> bytes) const;
  // The other way round. `start`: the bytes below what is described (empty: zeros). EINVAL, and where it is wrong. Keys
  // of LPM tries may be "10.0.0.0/8".
  Result<std::vector<std::uint8_t>> lay(MapPart part, std::string_view json,
                                        std::span<const std::uint8_t> start = {}) const;

  // A struct_ops map: registers the table. Its functions are called by StructOps.
  Result<Link> attach() const;

 private:
  friend class Object;
  friend class RingBuffer;
  friend class StructOps;
  explicit Map(std::shared_ptr<const api::MapState> state);
  template <typename T>
  static constexpr std::size_t size_of(const T&) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>, "keys and values are plain bytes");
    return sizeof(T);
  }
  Status check(std::size_t key_size, std::size_t value_size) const;
  std::shared_ptr<const api::MapState> state_;
};

// A map whose keys and values have types. Iterates as a range of pairs:
//
//   auto counts = map.typed<std::uint32_t, std::uint64_t>();
//   for (const auto& [key, count] : *counts) …
template <typename Key, typename Value>
class TypedMap {
 public:
  std::optional<Value> lookup(const Key& key) const {
    const auto found = map_.lookup<Value>(key);
    return found ? *found : std::nullopt;
  }
  Status update(const Key& key, const Value& value, Update how = Update::any) const {
    return map_.update(key, value, how);
  }
  bool erase(const Key& key) const {
    const auto gone = map_.erase(key);
    return gone && *gone;
  }
  const Map& map() const { return map_; }

  // Reads one element at a time; elements that go meanwhile are left out. One pass.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::pair<Key, Value>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    reference operator*() const { return *element_; }
    pointer operator->() const { return &*element_; }
    Iterator& operator++() {
      advance(&element_->first);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const { return element_.has_value() == other.element_.has_value(); }

   private:
    friend class TypedMap;
    Iterator() = default;
    explicit Iterator(const Map& map) : map_(map) { advance(nullptr); }
    void advance(const Key* from) {
      Key at{}, next{};
      if (from != nullptr) at = *from;
      for (bool first = from == nullptr;; first = false) {
        const auto more = map_.next_key(first ? nullptr : &at, &next, sizeof next);
        if (!more || !*more) return element_.reset();
        if (const auto value = map_.lookup<Value>(next); value && *value) {
          element_.emplace(next, **value);
          return;
        }
        at = next;
      }
    }
    Map map_;
    std::optional<value_type> element_;
  };
  Iterator begin() const { return Iterator(map_); }
  Iterator end() const { return Iterator(); }

 private:
  friend class Map;
  explicit TypedMap(Map map) : map_(std::move(map)) {}
  Map map_;
};

template <typename Key, typename Value>
Result<TypedMap<Key, Value>> Map::typed() const {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);
  if (Status fit = check(sizeof(Key), sizeof(Value)); !fit) return fit;
  return TypedMap<Key, Value>(*this);
}

// An attachment. It ends when the last copy does, or with detach().
class SKEP_API Link {
 public:
  Link();
  std::uint32_t id() const;  // 0: empty, or of a struct_ops map that has no link of its own
  // Runs the program on a context of the application's, in the layout that programs of the type see (struct_ops,
  // tracing and raw tracepoints: arguments of eight bytes each): Kernel::fire. The context is read and written; the
  // result is the program's return value.
  Result<std::uint32_t> fire(void* context, std::size_t size) const;
  // The same with a context that is described: RunInput::described.
  Result<RunResult> fire(const RunInput& input) const;
  // Takes the program away before the last copy goes; firing it answers ENOENT from then on. Again: nothing happens.
  Status detach() const;

 private:
  friend class Program;
  friend class Map;
  explicit Link(std::shared_ptr<const api::LinkState> state);
  std::shared_ptr<const api::LinkState> state_;
};

// The functions of a struct_ops map that is attached, called by name. Skep's own: it stands for the kernel subsystem
// whose table it is.
//
//   skep::StructOps ops(kernel, "my_sched");  // the map's name
//   auto cpu = ops.call("select_cpu", {task, previous, flags});
class SKEP_API StructOps {
 public:
  StructOps(std::shared_ptr<Kernel> kernel, std::string map) : kernel_(std::move(kernel)), map_(std::move(map)) {}
  // Arguments are eight bytes each; a pointer must point to what its type in the table says, as long as the call lasts.
  // ENOENT: no map of the name is attached; ENOSYS: no program implements the member. See Kernel::call_struct_ops.
  Result<std::uint64_t> call(std::string_view member, std::initializer_list<std::uint64_t> args = {}) const;

 private:
  std::shared_ptr<Kernel> kernel_;
  std::string map_;
};

// The records of a ring buffer map (BPF_MAP_TYPE_RINGBUF), for one consumer. Not to be used from two threads at once.
class SKEP_API RingBuffer {
 public:
  // Called for each record, in the order of their reservation, on the thread that consumes; the bytes live as long as
  // the call. False: stop, this record is done. An exception stops too, and consume() answers ECANCELED.
  using Consumer = std::function<bool(std::span<const std::uint8_t> record)>;

  RingBuffer();
  // EINVAL: not a ring buffer.
  static Result<RingBuffer> open(const Map& map);
  // Takes what is there, without waiting; how many records that were.
  Result<std::size_t> consume(const Consumer& consumer) const;
  // Readable (POLLIN) when there may be records; for poll, select and epoll, level-triggered. Valid while this or a
  // copy lives; not to be closed.
  int fd() const;

 private:
  explicit RingBuffer(std::shared_ptr<api::RingState> state);
  std::shared_ptr<api::RingState> state_;
};

}  // namespace skep
