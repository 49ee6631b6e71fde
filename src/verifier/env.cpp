// The verification under way: how it begins, and how a refusal is kept. See env.hpp.
#include "verifier/env.hpp"

#include "verifier/path/explorer.hpp"
#include "verifier/report/log.hpp"
#include "verifier/report/print_explanation.hpp"

namespace skep::verifier {

Env::Env(const Input& in)
    : input(in),
      log(std::make_unique<Log>(in.log_level)),
      explorer(std::make_unique<Explorer>()),
      kernel_btf(in.resolver != nullptr ? in.resolver->kernel_btf() : nullptr),
      strict_alignment((in.flags & prog_flag::strict_alignment) != 0 && (in.flags & prog_flag::any_alignment) == 0),
      test_state_freq((in.flags & prog_flag::test_state_freq) != 0),
      test_reg_invariants((in.flags & prog_flag::test_reg_invariants) != 0),
      insns(in.insns.begin(), in.insns.end()),
      aux(in.insns.size()) {
  explorer->account = in.account;
}

Env::~Env() = default;

int Env::refuse_text(int error, std::string message, const Explanation* why) {
  const bool explain = why != nullptr && input.rules->explains_refusals && (!refusal || refusal->category.empty());
  if (!message.empty() && (!explain || !why->message_after)) log->line(message);
  if (explain && log->steps()) log->text(print_explanation(*this, *why));
  if (explain && why->message_after) log->line(message);
  if (!refusal) {
    refusal.emplace();
    refusal->error = error;
    refusal->insn = static_cast<std::int32_t>(insn_idx);
    refusal->message = std::move(notes);
  }
  if (!refusal->message.empty() && !message.empty()) refusal->message += '\n';
  refusal->message += message;
  if (explain) {
    refusal->category = why->category;
    refusal->title = why->title;
    refusal->reason = why->reason;
    refusal->suggestion = why->suggestion;
    refusal->annotation = why->annotation;
    if (why->insn >= 0) refusal->insn = static_cast<std::int32_t>(why->insn);
    const std::uint32_t at = why->insn >= 0 ? static_cast<std::uint32_t>(why->insn) : insn_idx;
    refusal->at = why->before_source ? fmt::format("insn {}", at) : place_text(*this, at);
  }
  notes.clear();
  return error;
}

void Env::note_text(std::string_view line) {
  log->line(line);
  std::string& prose = refusal ? refusal->message : notes;
  if (!prose.empty()) prose += '\n';
  prose += line;
}

}  // namespace skep::verifier
