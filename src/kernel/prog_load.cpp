// PROG_LOAD: gathers what the verifier needs from descriptors and the caller's memory, asks it, and makes the program.
// Tested by tests/kernel/front_door_test.cpp.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <thread>

#include "btf/prog_info.hpp"
#include "kernel/impl.hpp"
#include "kernel/runtime_code.hpp"
#include "kernel/symbols.hpp"
#include "rcu/own_thread.hpp"

namespace skep {

bool valid_object_name(const char (&name)[16]);

namespace {

constexpr std::size_t max_license = 128;

// What the program names by descriptor, kept alive for as long as it is verified.
class DescriptorResolver final : public verifier::Resolver {
 public:
  DescriptorResolver(Kernel::Impl& kernel, std::uint64_t fd_array) : kernel_(kernel), fd_array_(fd_array) {}

  const maps::MapInfo* map_by_fd(int fd, int& error) override {
    auto object = kernel_.find<MapObject>(static_cast<std::uint32_t>(fd), ObjectKind::map, error);
    if (!object) return nullptr;
    const maps::MapInfo* info = &object->map->info();
    if (std::find(maps_.begin(), maps_.end(), object) == maps_.end()) maps_.push_back(std::move(object));
    return info;
  }
  const maps::MapInfo* map_by_index(std::uint32_t index, int& error) override {
    int fd = -1;
    error = read_fd(index, fd);
    return error != 0 ? nullptr : map_by_fd(fd, error);
  }
  std::uint64_t map_address(const maps::MapInfo& info) override {
    const auto object = map_of(info);
    return object ? reinterpret_cast<std::uint64_t>(object->map.get()) : 0;
  }
  std::shared_ptr<const btf::Btf> kernel_btf() override { return kernel_.vmlinux ? kernel_.vmlinux->btf : nullptr; }
  std::shared_ptr<const btf::Btf> btf_by_index(std::uint32_t index, int& error) override {
    int fd = -1;
    error = read_fd(index, fd);
    if (error != 0) return nullptr;
    return btf_by_fd(fd, error);
  }
  std::shared_ptr<const btf::Btf> btf_by_fd(int fd, int& error) override {
    const auto object = kernel_.find<BtfObject>(static_cast<std::uint32_t>(fd), ObjectKind::btf, error);
    if (!object) return nullptr;
    if (std::find(types_.begin(), types_.end(), object) == types_.end()) types_.push_back(object);
    return object->btf;
  }
  const calls::KfuncRegistry& kfuncs() override { return kernel_.kfuncs; }
  std::vector<std::shared_ptr<const btf::Btf>> kernel_modules() override { return kernel_.host_types(); }
  bool host_modifiable(std::string_view function) override { return kernel_.host_modifiable.contains(function); }
  bool host_sleepable(std::string_view function) override { return kernel_.host_sleepable.contains(function); }

  std::shared_ptr<MapObject> map_of(const maps::MapInfo& info) const {
    const auto it = std::find_if(maps_.begin(), maps_.end(), [&](const auto& m) { return &m->map->info() == &info; });
    return it == maps_.end() ? nullptr : *it;
  }
  const std::vector<std::shared_ptr<MapObject>>& maps() const { return maps_; }
  const std::vector<std::shared_ptr<BtfObject>>& types() const { return types_; }

 private:
  int read_fd(std::uint32_t index, int& fd) const {
    if (fd_array_ == 0) return -EPROTO;
    return copy_from_user(&fd, fd_array_ + std::uint64_t{index} * sizeof fd, sizeof fd);
  }
  Kernel::Impl& kernel_;
  std::uint64_t fd_array_;
  std::vector<std::shared_ptr<MapObject>> maps_;
  std::vector<std::shared_ptr<BtfObject>> types_;
};

// Sets a flag when the time is up; ends with its scope.
class Deadline {
 public:
  explicit Deadline(std::uint64_t ns) {
    if (ns == 0) return;
    thread_ = std::thread([this, ns] {
      rcu::schedule_as_main_thread();
      std::unique_lock guard(lock_);
      if (!done_.wait_for(guard, std::chrono::nanoseconds(ns), [this] { return finished_; })) passed_.store(true);
    });
  }
  ~Deadline() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard guard(lock_);
      finished_ = true;
    }
    done_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  const std::atomic<bool>* passed() const { return thread_.joinable() ? &passed_ : nullptr; }

 private:
  std::mutex lock_;
  std::condition_variable done_;
  bool finished_ = false;
  std::atomic<bool> passed_{false};
  std::thread thread_;
};

bool gpl_compatible(std::string_view license) {
  return license == "GPL" || license == "GPL v2" || license == "GPL and additional rights" ||
         license == "Dual BSD/GPL" || license == "Dual MIT/GPL" || license == "Dual MPL/GPL";
}

// The prototype of a function, a tracepoint's typedef, or a member of struct_ops.
btf::TypeId prototype_of(const verifier::AttachTarget& target) {
  const btf::Btf& types = *target.btf;
  btf::TypeId id = target.type;
  if (id != 0 && types.type(id).is_struct_or_union()) {
    const auto members = types.members(types.type(id));
    id = target.member < members.size() ? members[target.member].type : 0;
  }
  for (int depth = 0; depth < 8 && id != 0 && types.type(id).kind != btf::Kind::func_proto; ++depth)
    id = types.type(id).type;
  return id;
}

ProgramFamily family_of(const ProgramObject& program, std::uint32_t flags,
                        const std::optional<verifier::AttachTarget>& target) {
  ProgramFamily family;
  family.type = program.type->type;
  family.attach_type = program.attach_type;
  family.sleepable = program.sleepable;
  family.fragments = (flags & prog_flag::xdp_has_frags) != 0;
  using progtypes::AttachedTo;
  const AttachedTo to = progtypes::attached_to(*program.type, program.traits);
  if (to == AttachedTo::program && target && target->program) family.type = target->program->type;
  if (to != AttachedTo::program && to != AttachedTo::nothing && target) {
    family.types = target->btf;
    family.prototype = prototype_of(*target);
  }
  return family;
}

// Reads `count` records of `record_size` bytes, of which the first `known` mean something to the kernel.
int read_records(std::uint64_t user, std::uint32_t count, std::uint32_t record_size, std::vector<std::uint8_t>& bytes) {
  const std::uint64_t total = std::uint64_t{count} * record_size;
  if (total > (std::uint64_t{1} << 28)) return -EINVAL;
  bytes.resize(total);
  return copy_from_user(bytes.data(), user, bytes.size());
}

// The log that the caller wants: fixed or rotating buffer, and its size when it was too small.
int give_log(Call<attr::ProgLoad>& call, const std::string& log) {
  const attr::ProgLoad& a = call.attr;
  const auto full = static_cast<std::uint32_t>(log.size() + 1);
  if (const int error = call.give(&attr::ProgLoad::log_true_size, a.log_level != 0 ? full : 0U); error != 0)
    return error;
  if (a.log_level == 0 || a.log_buf == 0 || a.log_size == 0) return 0;
  const bool fixed = (a.log_level & 8) != 0;
  std::string_view shown = log;
  if (full > a.log_size) shown = fixed ? shown.substr(0, a.log_size - 1) : shown.substr(log.size() - (a.log_size - 1));
  std::string text(shown);
  if (copy_to_user(a.log_buf, text.c_str(), text.size() + 1) != 0) return -EFAULT;
  return full > a.log_size ? -ENOSPC : 0;
}

}  // namespace

int Kernel::Impl::prog_load(Call<attr::ProgLoad>& call) {
  const attr::ProgLoad& a = call.attr;
  {
    const std::lock_guard guard(report_lock);
    report = {};
  }
  if ((a.prog_flags & ~rules->prog_flags) != 0) return -EINVAL;
  if ((a.prog_flags & prog_flag::token_fd) != 0 || a.prog_token_fd != 0) {
    log("BPF tokens are not supported");
    return -EOPNOTSUPP;
  }
  if (a.signature != 0) {
    log("signed programs are not supported");
    return -EOPNOTSUPP;
  }
  std::string license(max_license, 0);
  for (std::size_t i = 0; i < max_license; ++i) {  // a page boundary may follow the string
    if (copy_from_user(&license[i], a.license + i, 1) != 0) return -EFAULT;
    if (license[i] == 0) break;
  }
  license.resize(std::min(license.find('\0'), max_license - 1));
  if (a.insn_cnt == 0 || a.insn_cnt > rules->limits.insns) return -E2BIG;
  const progtypes::ProgTypeDef* type = progtypes::find(static_cast<ProgType>(a.prog_type));
  if (type == nullptr || !rules->has(type->since)) return -EINVAL;
  if (!valid_object_name(a.prog_name)) return -EINVAL;
  if (a.prog_ifindex != 0) {
    log("programs of a network device are not supported");
    return -EOPNOTSUPP;
  }
  const auto attach_type = static_cast<AttachType>(a.expected_attach_type);
  if (type->check_attach_type != nullptr) {
    if (a.expected_attach_type >= rules->attach_types) return -EINVAL;
    if (const int error = type->check_attach_type(attach_type); error != 0) return error;
  }
  if ((a.log_buf != 0) != (a.log_size != 0) && a.log_level != 0) return -EINVAL;
  if ((a.log_level & ~rules->log_levels) != 0 || (a.log_level == 0 && a.log_buf != 0)) return -EINVAL;

  auto program = std::make_shared<ProgramObject>();
  program->type = type;
  program->name = a.prog_name;
  program->license = license;
  program->gpl = gpl_compatible(license);
  program->attach_type = attach_type;
  program->sleepable = (a.prog_flags & prog_flag::sleepable) != 0;
  std::vector<Insn> insns(a.insn_cnt);
  if (copy_from_user(insns.data(), a.insns, insns.size() * sizeof(Insn)) != 0) return -EFAULT;

  DescriptorResolver resolver(*this, a.fd_array);
  verifier::Input input;
  input.name = program->name;
  input.type = type;
  input.flags = a.prog_flags;
  input.rules = rules;
  input.cpus = executor->cpus().count();
  input.insns = insns;
  input.resolver = &resolver;
  input.log_level = a.log_level & 7;
  if (verification_watch) input.observer = verification_watch(program->name, insns.size());
  program->traits.attach_type = attach_type;
  program->traits.sleepable = program->sleepable;
  program->traits.gpl = program->gpl;

  int error = 0;
  std::string prologue;  // what was logged before the verifier began
  if (a.attach_btf_id != 0 || a.attach_prog_fd != 0) {
    error = find_attach_target(*this, a.attach_btf_id, a.attach_prog_fd, attach_type, *program, input.attach);
    if (error != 0) return error;
  }
  if (a.fd_array_cnt != 0) {
    for (std::uint32_t i = 0; i < a.fd_array_cnt; ++i)
      if (resolver.map_by_index(i, error) == nullptr && !resolver.btf_by_index(i, error)) return error;
  }
  if (a.prog_btf_fd != 0 || a.func_info_cnt != 0 || a.line_info_cnt != 0) {
    program->btf = find<BtfObject>(a.prog_btf_fd, ObjectKind::btf, error);
    if (!program->btf) return error;
    if (program->btf->kernel) return -EACCES;
    input.btf = program->btf->btf;
    std::vector<std::uint8_t> bytes;
    // Where functions begin is the verifier's to find; here they are taken from func_info, which it checks against
    // that.
    std::vector<std::uint32_t> functions;
    if (a.func_info_cnt != 0) {
      error = read_records(a.func_info, a.func_info_cnt, a.func_info_rec_size, bytes);
      if (error != 0) return error;
      const auto found = btf::check_func_info(bytes, a.func_info_rec_size, a.func_info_cnt, *input.btf, a.insn_cnt);
      error = found.error;
      prologue = found.message;
      for (const auto& record : found.records) {
        input.func_info.push_back({record.insn_off, record.type});
        functions.push_back(record.insn_off);
      }
    }
    if (error == 0 && a.line_info_cnt != 0) {
      error = read_records(a.line_info, a.line_info_cnt, a.line_info_rec_size, bytes);
      if (error != 0) return error;
      if (functions.empty()) functions.push_back(0);
      std::vector<std::uint8_t> opcodes(insns.size());
      std::transform(insns.begin(), insns.end(), opcodes.begin(), [](const Insn& insn) { return insn.code; });
      const auto found =
          btf::check_line_info(bytes, a.line_info_rec_size, a.line_info_cnt, *input.btf, opcodes, functions);
      error = found.error;
      prologue = found.message;
      for (const auto& record : found.records)
        input.line_info.push_back({record.insn_off, record.file_name_off, record.line_off, record.line_col});
    }
    if (error != 0) {
      if (!prologue.empty()) prologue += '\n';
      const int bad = give_log(call, prologue);
      return bad == -EFAULT ? bad : error;
    }
    input.stand_ins = services->mocks().link(insns, input.func_info, *input.btf, *vmlinux->btf);
    program->func_info = input.func_info;
    program->line_info = input.line_info;
  }
  input.traits = program->traits;

  verifier::Output output;
  {
    const Deadline deadline(verification_limit_ns);
    input.give_up = deadline.passed();
    input.account = account;
    output = verifier::verify(input);
    // Not -EAGAIN, which loaders take as an invitation to try again.
    if (output.error == -EAGAIN && input.give_up != nullptr && input.give_up->load()) output.error = -ETIME;
  }
  {
    const std::lock_guard guard(report_lock);
    report.error = output.error;
    report.verified = true;
    report.insns_processed = output.statistics.insns_processed;
    report.usec = output.statistics.usec;
    if (output.refusal) {
      const verifier::Refusal& r = *output.refusal;
      report.messages = r.message;
      const auto line = r.message.find_last_of('\n');
      report.message = line == std::string::npos ? r.message : r.message.substr(line + 1);
      report.category = r.category;
      report.title = r.title;
      report.reason = r.reason;
      report.suggestion = r.suggestion;
      report.at = r.at;
      report.annotation = r.annotation;
      report.instruction = r.insn;
      report.instruction_text = r.place.instruction;
      report.function = r.place.function;
      report.file = r.place.file;
      report.source = r.place.text;
      report.line = r.place.line;
      report.column = r.place.column;
    }
    constexpr std::size_t most_reports = 4096;  // who never forgets them has no use for so many
    if (reports.size() >= most_reports) reports.clear();
    reports[program->name] = report;
  }
  const int log_error = give_log(call, output.log);
  if (output.error != 0) return log_error == -EFAULT ? log_error : output.error;
  if (log_error != 0) return log_error;

  for (const maps::MapInfo* info : output.program->used_maps)
    if (auto map = resolver.map_of(*info)) program->maps.push_back(std::move(map));
  program->family = family_of(*program, a.prog_flags, input.attach);
  for (const auto& map : program->maps)
    if (!map->takes(program->family)) return -EINVAL;
  constexpr std::uint64_t bytes_an_insn = 384;  // with its facts and what the engine makes of it
  if (!program->charge.take(account, output.program->insns.size() * bytes_an_insn)) return -ENOMEM;
  std::vector<std::shared_ptr<const void>> keep;
  for (const auto& types : resolver.types()) keep.push_back(types);
  if (program->btf) keep.push_back(program->btf);
  keep.push_back(vmlinux);
  program->verified_insns = output.statistics.insns_processed;
  program->changes_packet = output.program->changes_packet;
  program->context_used = output.program->context_used;
  program->tracepoint_buffer_used = output.program->tracepoint_buffer_used;
  const CodeSurroundings surroundings = {
      .kernel_types = *vmlinux->btf,
      .mocks = &services->mocks(),
      .variable = [this](btf::TypeId id, std::uint32_t module_fd) -> std::optional<std::uint64_t> {
        int missing = 0;
        const auto types = module_fd != 0 ? find<BtfObject>(module_fd, ObjectKind::btf, missing) : vmlinux;
        if (types == nullptr || !types->btf->valid(id)) return std::nullopt;
        const btf::Type& named = types->btf->type(id);
        if (named.kind == btf::Kind::func) return symbol_addresses->address_of(named.name);
        if (named.kind != btf::Kind::var) return std::nullopt;
        return services->world().variable(types->btf, id);
      }};
  program->code = engine::load(*engine, make_runtime_code(surroundings, *program, *output.program, std::move(keep)));
  program->subprograms = std::move(output.program->subprograms);
  program->load_time_ns = services->boot_ns();
  add(program);
  return install(program);
}

int Kernel::Impl::prog_bind_map(Call<attr::ProgBindMap>& call) {
  if (call.attr.flags != 0) return -EINVAL;
  int error = 0;
  const auto program = find<ProgramObject>(call.attr.prog_fd, ObjectKind::program, error);
  if (!program) return error;
  auto map = find<MapObject>(call.attr.map_fd, ObjectKind::map, error);
  if (!map) return error;
  const std::unique_lock guard(lock);
  if (std::find(program->maps.begin(), program->maps.end(), map) == program->maps.end())
    program->maps.push_back(std::move(map));
  return 0;
}

}  // namespace skep
