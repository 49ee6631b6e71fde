// See testbench/run_profile.hpp. Calls and returns are read off the instructions: one that begins a function was called
// by the one before it on its thread, and an exit goes back. Functions are never called by themselves.
#include "testbench/run_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace skep::testbench {
namespace {

std::uint32_t function_at(const runtime::Code& code, std::uint32_t pc) {
  std::uint32_t found = 0;
  for (const runtime::Subprogram& one : code.subprograms)
    if (one.start <= pc && one.start >= code.subprograms[found].start) found = one.index;
  return found;
}

std::string line_of(const runtime::Code& code, std::uint32_t pc) {
  const runtime::SourceLine* line = code.source != nullptr ? code.source->at(code.facts[pc].original) : nullptr;
  if (line == nullptr || line->line == 0) return fmt::format("instruction {}", pc);
  std::string_view text = line->text;
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::string place = fmt::format("{}:{} {}", line->file, line->line, text);
  std::ranges::replace(place, ';', ',');  // which stand between frames
  return place;
}

bool is_exit(const Insn& insn) {
  return insn.insn_class() == insn_class::jmp && insn.op() == jmp_op::exit;
}

}  // namespace

RunProfile::Node* RunProfile::node_of(const Running& running, const runtime::Program& program, std::uint32_t function,
                                      bool begins) {
  const auto is_it = [&](const Node& node) { return node.program.get() == &program && node.function == function; };
  for (Node* node = running.node; node != nullptr; node = node->caller)
    if (is_it(*node)) return node;  // it goes on
  const bool is_called = begins && function != 0 && running.node != nullptr && running.node->program.get() == &program;
  auto& node = is_called ? running.node->called[{running.last, function}] : roots_[{&program, function}];
  if (node == nullptr)
    node = std::make_unique<Node>(
        Node{program.shared_from_this(), function, is_called ? running.node : nullptr, running.last, {}, {}});
  return node.get();
}

void RunProfile::instruction(const runtime::Program& program, std::uint32_t pc, std::span<const std::uint64_t>) {
  const std::lock_guard guard(lock_);
  const runtime::Code& code = program.code();
  const std::uint32_t function = function_at(code, pc);
  Running& running = running_[std::this_thread::get_id()];
  running.node = node_of(running, program, function, code.subprograms[function].start == pc);
  running.last = pc;
  ++running.node->ran[pc];
  if (is_exit(code.insns[pc])) running = {running.node->caller, running.node->called_at};
}

void RunProfile::fold(const Node& node, const std::string& above, std::map<std::string, std::uint64_t>& stacks) {
  const runtime::Code& code = node.program->code();
  const std::string& name = code.subprograms[node.function].name;
  const std::string frame = fmt::format("{};{}", above, name.empty() ? code.name : name);
  for (const auto& [pc, count] : node.ran) stacks[fmt::format("{};{}", frame, line_of(code, pc))] += count;
  for (const auto& [how, called] : node.called)
    fold(*called, fmt::format("{};{}", frame, line_of(code, how.first)), stacks);
}

std::map<std::string, std::uint64_t> RunProfile::stacks() const {
  const std::lock_guard guard(lock_);
  std::map<std::string, std::uint64_t> stacks;
  for (const auto& [key, node] : roots_) fold(*node, node->program->name(), stacks);
  return stacks;
}

void RunProfile::forget() {
  const std::lock_guard guard(lock_);
  running_.clear();
  roots_.clear();
}

}  // namespace skep::testbench
