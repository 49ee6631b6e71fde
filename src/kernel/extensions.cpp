// See kernel/extensions.hpp.
#include "kernel/extensions.hpp"

#include <algorithm>
#include <cerrno>

#include "engine/engine.hpp"
#include "maps/map.hpp"
#include "maps/map_types.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

// What counts instructions as they were loaded, behind those of the target.
std::uint32_t loaded_size(const runtime::Code& code) {
  std::uint32_t last = 0;
  for (const runtime::InsnFacts& facts : code.facts) last = std::max(last, facts.original);
  return last + 1;
}

// `first` with `second` behind it. Calls within each lead where they did.
runtime::Code joined(const runtime::Code& first, const runtime::Code& second) {
  runtime::Code code = first;
  const auto insns = static_cast<std::uint32_t>(first.insns.size());
  const auto functions = static_cast<std::int32_t>(first.subprograms.size());
  const auto arguments = static_cast<std::int32_t>(first.arguments.size());
  const std::uint32_t loaded = loaded_size(first);
  code.insns.insert(code.insns.end(), second.insns.begin(), second.insns.end());
  code.arguments.insert(code.arguments.end(), second.arguments.begin(), second.arguments.end());
  for (runtime::InsnFacts facts : second.facts) {
    if (facts.callee >= 0) facts.callee += functions;
    if (facts.stand_in >= 0) facts.stand_in += functions;
    if (facts.arguments >= 0) facts.arguments += arguments;
    facts.original += loaded;
    code.facts.push_back(std::move(facts));
  }
  for (runtime::Subprogram function : second.subprograms) {
    function.index += static_cast<std::uint32_t>(functions);
    function.start += insns;
    function.end += insns;
    code.subprograms.push_back(std::move(function));
  }
  code.maps.insert(code.maps.end(), second.maps.begin(), second.maps.end());
  code.keep.insert(code.keep.end(), second.keep.begin(), second.keep.end());
  if (second.source != nullptr) {
    auto source = std::make_shared<runtime::SourceLines>();
    if (first.source != nullptr) *source = *first.source;
    for (runtime::SourceLine line : second.source->lines) {
      line.insn += loaded;
      source->lines.push_back(line);
    }
    code.keep.push_back(second.source->keep);
    code.source = std::move(source);
  }
  if (code.obstacle.empty()) code.obstacle = second.obstacle;
  code.might_sleep |= second.might_sleep;
  code.context_pointers |= second.context_pointers;
  return code;
}

// Where function `index` was called, the extension is.
runtime::Code extended(const runtime::Code& target, std::uint32_t index, const runtime::Code& extension) {
  if (index == 0) {  // the whole program
    runtime::Code code = joined(extension, target);
    code.name = target.name;
    code.type = target.type;
    code.context_size = target.context_size;
    code.writes_packets = target.writes_packets;
    return code;
  }
  const auto replacement = static_cast<std::int32_t>(target.subprograms.size());
  runtime::Code code = joined(target, extension);
  for (std::size_t i = 0; i < target.insns.size(); ++i)
    if (code.facts[i].callee == static_cast<std::int32_t>(index)) code.facts[i].callee = replacement;
  return code;
}

// Makes the code anew by the extensions that there are. `lock` is held.
void rebuild(engine::Engine& engine, ProgramObject& target) {
  if (target.extensions.empty()) {
    target.is_extended.store(false, std::memory_order_release);
    target.extended.reset();
    return;
  }
  runtime::Code code = target.code->code();
  // The whole program's extension comes last: what is in front of it moves the others' functions.
  for (auto it = target.extensions.rbegin(); it != target.extensions.rend(); ++it)
    code = extended(code, it->first, it->second->code());
  target.extended = engine::load(engine, std::move(code));
  target.is_extended.store(true, std::memory_order_release);
}

// While it lives, the extension is there.
class Attachment {
 public:
  Attachment(std::shared_ptr<engine::Engine> engine, std::shared_ptr<ProgramObject> target, std::uint32_t function)
      : engine_(std::move(engine)), target_(std::move(target)), function_(function) {}
  ~Attachment() {
    const std::lock_guard guard(target_->extension_lock);
    target_->extensions.erase(function_);
    rebuild(*engine_, *target_);
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  const std::shared_ptr<engine::Engine> engine_;
  const std::shared_ptr<ProgramObject> target_;
  const std::uint32_t function_;
};

// Whether a prog array leads to the program.
bool is_jumped_to(Kernel::Impl& kernel, const ProgramObject& program) {
  bool found = false;
  const rcu::ReadGuard section;
  const std::shared_lock tables(kernel.lock);
  kernel.table(ObjectKind::map).for_each([&](const std::shared_ptr<KernelObject>& object) {
    maps::Map& map = *std::static_pointer_cast<MapObject>(object)->map;
    if (maps::map_type(map.info().type).holds != maps::Holds::programs) return;
    for (std::uint32_t i = 0; i < map.info().max_entries && !found; ++i)
      found = map.object_at(&i).get() == static_cast<const void*>(program.code.get());
  });
  return found;
}

}  // namespace

int attach_extension(Kernel::Impl& kernel, LinkObject& link) {
  const ProgramObject& program = *link.program;
  const std::shared_ptr<ProgramObject>& target = program.extends;
  if (target == nullptr || program.extends_function >= target->code->code().subprograms.size()) return -EINVAL;
  if (link.target_fd != 0) {
    int error = 0;
    const auto named = kernel.find<ProgramObject>(link.target_fd, ObjectKind::program, error);
    if (named != target) return named == nullptr ? error : -EINVAL;
  }
  // Jump tables and exceptions lead to places in the one program.
  for (const runtime::Code* code : {&target->code->code(), &program.code->code()})
    if (!code->moved_to.empty() || code->exception_callback >= 0) return -EOPNOTSUPP;
  if (target->code->arena() != nullptr && program.code->arena() != nullptr &&
      target->code->arena() != program.code->arena())
    return -EOPNOTSUPP;
  if (is_jumped_to(kernel, *target)) return -EBUSY;
  const std::lock_guard guard(target->extension_lock);
  if (!target->extensions.emplace(program.extends_function, program.code).second) return -EBUSY;
  rebuild(*kernel.engine, *target);
  link.extension = std::make_shared<Attachment>(kernel.engine, target, program.extends_function);
  return 0;
}

}  // namespace skep
