// The inside of a Kernel: its tables, its types, what runs its work. Commands are member functions, one file a theme.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/executor.hpp"
#include "calls/call.hpp"
#include "calls/kptr_targets.hpp"
#include "engine/engine.hpp"
#include "kernel/attr.hpp"
#include "kernel/listener.hpp"
#include "kernel/objects.hpp"
#include "kernel/services.hpp"
#include "kernel/work_observer.hpp"
#include "rcu/own_thread.hpp"
#include "skep/kernel.hpp"

namespace skep {

class SymbolAddresses;

// One command's structure: a copy, in which what lies beyond the caller's size is zero, and where to put results.
template <typename Attr>
struct Call {
  Attr attr{};
  std::uint64_t user = 0;  // address of the caller's structure
  unsigned size = 0;       // as the caller gave it
  // Hands a field back to the caller, if the caller's structure has it. 0 or -EFAULT.
  template <typename Field>
  int give(Field Attr::* field, Field value) {
    attr.*field = value;
    const auto offset =
        static_cast<std::size_t>(reinterpret_cast<const char*>(&(attr.*field)) - reinterpret_cast<const char*>(&attr));
    return offset + sizeof(Field) <= size ? copy_to_user(user + offset, &value, sizeof(Field)) : 0;
  }
};

// The kfuncs of one Kernel: the table's, and its host modules'.
class Kfuncs final : public calls::KfuncRegistry {
 public:
  const calls::Kfunc* find(std::string_view name) const override;
  const calls::Kfunc* destructor(std::string_view type) const override;
  bool add(const HostKfunc& kfunc, std::string name, Kernel& kernel);  // false: another module has it
  void learn_types(const btf::Btf& types);                             // of the module that they are of

 private:
  void pair_up(calls::Kfunc& added);
  std::map<std::string, calls::Kfunc, std::less<>> host_;
  std::vector<std::unique_ptr<calls::HostCallee>> callees_;
};

struct Kernel::Impl {
  explicit Impl(Kernel& owner) : kernel(owner) {}
  // Kernel::make and Kernel::bpf; these may throw.
  static std::unique_ptr<Kernel> make(const KernelOptions& options, std::string& error);
  int command(int command, void* attr, unsigned size, void* common, unsigned common_size);
  Kernel& kernel;
  const std::uint64_t made_in = rcu::process_generation();
  KernelOptions options;
  const Rules* rules = nullptr;            // of options.release; never null once the Kernel is made
  memory::AccountPtr account;              // of KernelOptions::memory_limit
  std::unique_ptr<WorkObserver> observer;  // whom the executor tells of runs: outlives it
  std::unique_ptr<async::Executor> executor;
  async::PumpedExecutor* pumped = nullptr;  // the executor, if it is one
  std::unique_ptr<KernelServices> services;
  std::shared_ptr<SymbolAddresses> symbol_addresses;
  std::shared_ptr<engine::Engine> engine;  // what programs are compiled by; extensions keep it until they are detached
  bool make_engine(unsigned cpus, std::string& error);

  // ---- types.cpp, host_modules.cpp: the kernel's types and its modules' ----
  int load_types(std::string& error);
  std::string types_name;
  bool small_types = false;  // they are the built-in set
  int add_module(const HostModule& module, std::string& error);
  void provide_calls(std::span<const std::uint8_t> object_btf);
  std::vector<std::shared_ptr<const btf::Btf>> host_types() const;  // of the host's modules
  calls::KptrTargets kptr_targets() const;
  std::shared_ptr<BtfObject> vmlinux;               // with the calls that Skep defines hidden
  std::mutex loader_part_lock;                      // no once_flag: thread sanitizers do not bear what throws in one
  std::shared_ptr<void> loader_part;                // see Kernel::loader_part
  std::shared_ptr<BtfObject> own_module;            // "skep"
  std::vector<std::shared_ptr<BtfObject>> modules;  // all, own_module first
  std::vector<std::shared_ptr<BtfObject>> retired_modules;               // that programs may still name by id
  std::vector<std::pair<std::shared_ptr<BtfObject>, int>> lent_modules;  // the descriptors that find_function() gives
  Kfuncs kfuncs;
  std::set<std::string, std::less<>> host_modifiable, host_sleepable;  // functions of host modules

  // ---- descriptors.cpp ----
  struct Descriptor {
    std::shared_ptr<KernelObject> object;
    std::uint32_t access = 0;          // map_flag::rdonly, wronly: what user space may not do through it
    std::shared_ptr<const void> file;  // KernelObject::open_file()
  };
  int install(const std::shared_ptr<KernelObject>& object, std::uint32_t access = 0, int minimum = 0,
              bool cloexec = true) {
    return install(Descriptor{object, access, object->open_file()}, minimum, cloexec);
  }
  int install(const Descriptor& descriptor, int minimum, bool cloexec);
  std::optional<Descriptor> find_descriptor(int fd) const;
  template <typename T>
  std::shared_ptr<T> find(std::uint32_t fd, ObjectKind kind, int& error) const {
    const auto found = find_descriptor(static_cast<int>(fd));
    if (!found) {
      error = not_ours(fd);
      return nullptr;
    }
    if (found->object->kind != kind) {
      error = -EINVAL;
      return nullptr;
    }
    return std::static_pointer_cast<T>(found->object);
  }
  // The error for a descriptor that names nothing of this Kernel: -EBADF if it is closed, -EINVAL for another file.
  static int not_ours(std::uint32_t fd);
  unsigned cpu_count() const { return executor->cpus().count(); }
  ObjectTable& table(ObjectKind kind) { return tables[static_cast<std::size_t>(kind)]; }
  void add(const std::shared_ptr<KernelObject>& object);

  mutable std::shared_mutex lock;  // of the tables below
  std::unordered_map<int, Descriptor> descriptors;
  std::array<ObjectTable, object_kinds> tables;
  std::map<std::string, Descriptor, std::less<>> pins;

  // ---- map_commands.cpp ----
  int map_create(Call<attr::MapCreate>& call);
  int map_lookup(Call<attr::MapElem>& call);
  int map_update(Call<attr::MapElem>& call);
  int map_delete(Call<attr::MapElem>& call);
  int map_next_key(Call<attr::MapElem>& call);
  int map_lookup_and_delete(Call<attr::MapElem>& call);
  int map_freeze(Call<attr::MapFreeze>& call);
  // `file`: of the descriptor that it is done by.
  int update_one(MapObject& map, const void* key, const void* value, std::uint64_t flags, const void* file);
  int check_struct_ops_map(const MapObject& map);                                                   // struct_ops.cpp
  int update_struct_ops(MapObject& map, std::span<const std::uint8_t> value, std::uint64_t flags);  // struct_ops.cpp
  int unregister_struct_ops(MapObject& map);
  int lookup_one(MapObject& map, const void* key, void* value, std::uint64_t flags, bool and_delete);
  // map_batch.cpp
  int map_lookup_batch(Call<attr::MapBatch>& call);
  int map_lookup_and_delete_batch(Call<attr::MapBatch>& call);
  int map_update_batch(Call<attr::MapBatch>& call);
  int map_delete_batch(Call<attr::MapBatch>& call);
  int batch_lookup(Call<attr::MapBatch>& call, bool take);
  int batch_by_bucket(Call<attr::MapBatch>& call, MapObject& map, bool take);
  int batch_by_next_key(Call<attr::MapBatch>& call, MapObject& map, bool take);
  int batch_by_last_key(Call<attr::MapBatch>& call, MapObject& map);

  // ---- prog_load.cpp ----
  int prog_load(Call<attr::ProgLoad>& call);
  int prog_bind_map(Call<attr::ProgBindMap>& call);
  // ---- test_run.cpp ----
  int prog_test_run(Call<attr::TestRun>& call);
  int prog_stream_read(Call<attr::StreamRead>& call);
  // ---- run_statistics.cpp ----
  int enable_stats(Call<attr::EnableStats>& call);
  // How many descriptors ask for them.
  std::shared_ptr<std::atomic<unsigned>> statistics_wanted = std::make_shared<std::atomic<unsigned>>(0);
  // A run on a context that the host application gives: links.
  std::uint32_t run_on_bytes(const ProgramObject& program, void* context, std::size_t size, int& error);

  // ---- described_run.cpp ----
  // Objects of described runs to which maps may have got pointers.
  std::vector<std::shared_ptr<const void>> kept_objects;  // under `lock`

  // ---- object_commands.cpp: types, ids, information, pins ----
  int btf_load(Call<attr::BtfLoad>& call);
  int next_id(ObjectKind kind, Call<attr::GetId>& call);
  int fd_by_id(ObjectKind kind, Call<attr::GetId>& call);
  int object_info(Call<attr::Info>& call);
  int object_pin(Call<attr::Obj>& call);
  int object_get(Call<attr::Obj>& call);

  // ---- link_commands.cpp ----
  int link_create(Call<attr::LinkCreate>& call);
  int link_update(Call<attr::LinkUpdate>& call);
  int link_detach(Call<attr::LinkDetach>& call);
  int raw_tracepoint_open(Call<attr::RawTracepoint>& call);
  int prog_attach(Call<attr::ProgAttach>& call);
  int prog_detach(Call<attr::ProgAttach>& call);
  std::vector<std::shared_ptr<LinkObject>> attached;  // by PROG_ATTACH: no descriptor holds them

  // ---- log and reports ----
  void log(std::string_view line) const;
  void begin_command() const;  // forgets what refusal() says
  LineListener log_listener;
  std::mutex report_lock;  // of the reports
  LoadReport report;
  std::map<std::string, LoadReport, std::less<>> reports;  // by program
  std::uint64_t verification_limit_ns = 0;
  std::function<verifier::Observer*(std::string_view, std::size_t)> verification_watch;  // see kernel/testing.hpp
};

// While a thread of the application is in a call of the Kernel's. When it comes back, the task work that was scheduled
// for it runs, as when a thread of a kernel returns to user mode.
class ReturnToUser {
 public:
  explicit ReturnToUser(Kernel::Impl& kernel) : kernel_(kernel) {}
  ~ReturnToUser() { kernel_.executor->task_threads.run_due(*kernel_.executor); }
  ReturnToUser(const ReturnToUser&) = delete;
  ReturnToUser& operator=(const ReturnToUser&) = delete;

 private:
  Kernel::Impl& kernel_;
};

}  // namespace skep
