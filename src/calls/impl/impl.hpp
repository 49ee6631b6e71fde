// What runs when a program makes a call: one function a call, named by its entry in calls/helpers/ or calls/kfuncs/.
// A call that the tables name and this header does not can be verified and not run.
#pragma once

#include "calls/impl/support.hpp"

namespace skep::calls::impl {

// arguments.cpp
SKEP_CALL(bpf_get_func_arg);
SKEP_CALL(bpf_get_func_ret);
SKEP_CALL(bpf_get_func_arg_cnt);

// arena.cpp
SKEP_CALL(bpf_arena_alloc_pages);
SKEP_CALL(bpf_arena_free_pages);
SKEP_CALL(bpf_arena_reserve_pages);

// cpumask.cpp
SKEP_CALL(bpf_cpumask_create);
SKEP_CALL(bpf_cpumask_acquire);
SKEP_CALL(bpf_cpumask_release);
SKEP_CALL(bpf_cpumask_first);
SKEP_CALL(bpf_cpumask_first_zero);
SKEP_CALL(bpf_cpumask_first_and);
SKEP_CALL(bpf_cpumask_set_cpu);
SKEP_CALL(bpf_cpumask_clear_cpu);
SKEP_CALL(bpf_cpumask_test_cpu);
SKEP_CALL(bpf_cpumask_test_and_set_cpu);
SKEP_CALL(bpf_cpumask_test_and_clear_cpu);
SKEP_CALL(bpf_cpumask_setall);
SKEP_CALL(bpf_cpumask_clear);
SKEP_CALL(bpf_cpumask_copy);
SKEP_CALL(bpf_cpumask_and);
SKEP_CALL(bpf_cpumask_or);
SKEP_CALL(bpf_cpumask_xor);
SKEP_CALL(bpf_cpumask_equal);
SKEP_CALL(bpf_cpumask_intersects);
SKEP_CALL(bpf_cpumask_subset);
SKEP_CALL(bpf_cpumask_empty);
SKEP_CALL(bpf_cpumask_full);
SKEP_CALL(bpf_cpumask_weight);
SKEP_CALL(bpf_cpumask_any_distribute);
SKEP_CALL(bpf_cpumask_any_and_distribute);
SKEP_CALL(bpf_cpumask_populate);

// dynptr.cpp
SKEP_CALL(bpf_dynptr_from_mem);
SKEP_CALL(bpf_dynptr_from_skb);
SKEP_CALL(bpf_dynptr_from_xdp);
SKEP_CALL(bpf_dynptr_read);
SKEP_CALL(bpf_dynptr_write);
SKEP_CALL(bpf_dynptr_data);
SKEP_CALL(bpf_dynptr_slice);
SKEP_CALL(bpf_dynptr_slice_rdwr);
SKEP_CALL(bpf_dynptr_adjust);
SKEP_CALL(bpf_dynptr_clone);
SKEP_CALL(bpf_dynptr_copy);
SKEP_CALL(bpf_dynptr_memset);
SKEP_CALL(bpf_dynptr_is_null);
SKEP_CALL(bpf_dynptr_is_rdonly);
SKEP_CALL(bpf_dynptr_size);
SKEP_CALL(bpf_ringbuf_reserve);
SKEP_CALL(bpf_ringbuf_submit);
SKEP_CALL(bpf_ringbuf_discard);
SKEP_CALL(bpf_ringbuf_reserve_dynptr);
SKEP_CALL(bpf_ringbuf_submit_dynptr);
SKEP_CALL(bpf_ringbuf_discard_dynptr);
SKEP_CALL(bpf_ringbuf_output);
SKEP_CALL(bpf_ringbuf_query);

// environment.cpp
SKEP_CALL(bpf_ktime_get_ns);
SKEP_CALL(bpf_ktime_get_boot_ns);
SKEP_CALL(bpf_ktime_get_coarse_ns);
SKEP_CALL(bpf_ktime_get_tai_ns);
SKEP_CALL(bpf_jiffies64);
SKEP_CALL(bpf_get_prandom_u32);
SKEP_CALL(bpf_get_smp_processor_id);
SKEP_CALL(bpf_get_numa_node_id);
SKEP_CALL(bpf_get_current_pid_tgid);
SKEP_CALL(bpf_get_current_uid_gid);
SKEP_CALL(bpf_get_current_comm);
SKEP_CALL(bpf_get_netns_cookie);

// format.cpp
SKEP_CALL(bpf_trace_printk);
SKEP_CALL(bpf_trace_vprintk);
SKEP_CALL(bpf_snprintf);
SKEP_CALL(bpf_stream_vprintk);
SKEP_CALL(bpf_stream_print_stack);

// iterators.cpp
SKEP_CALL(bpf_iter_num_new);
SKEP_CALL(bpf_iter_num_next);
SKEP_CALL(bpf_iter_num_destroy);
SKEP_CALL(bpf_iter_bits_new);
SKEP_CALL(bpf_iter_bits_next);
SKEP_CALL(bpf_iter_bits_destroy);

// lists.cpp
SKEP_CALL(bpf_list_push_front);
SKEP_CALL(bpf_list_push_front_impl);
SKEP_CALL(bpf_list_push_back);
SKEP_CALL(bpf_list_push_back_impl);
SKEP_CALL(bpf_list_add);
SKEP_CALL(bpf_list_pop_front);
SKEP_CALL(bpf_list_pop_back);
SKEP_CALL(bpf_list_del);
SKEP_CALL(bpf_list_front);
SKEP_CALL(bpf_list_back);
SKEP_CALL(bpf_list_empty);
SKEP_CALL(bpf_list_is_first);
SKEP_CALL(bpf_list_is_last);
SKEP_CALL(bpf_rbtree_add);
SKEP_CALL(bpf_rbtree_add_impl);
SKEP_CALL(bpf_rbtree_remove);
SKEP_CALL(bpf_rbtree_first);
SKEP_CALL(bpf_rbtree_root);
SKEP_CALL(bpf_rbtree_left);
SKEP_CALL(bpf_rbtree_right);

// map.cpp
SKEP_CALL(bpf_map_lookup_elem);
SKEP_CALL(bpf_map_update_elem);
SKEP_CALL(bpf_map_delete_elem);
SKEP_CALL(bpf_map_push_elem);
SKEP_CALL(bpf_map_pop_elem);
SKEP_CALL(bpf_map_peek_elem);
SKEP_CALL(bpf_map_lookup_percpu_elem);
SKEP_CALL(bpf_for_each_map_elem);
SKEP_CALL(bpf_loop);
SKEP_CALL(bpf_tail_call);
SKEP_CALL(bpf_redirect_map);
SKEP_CALL(bpf_get_local_storage);

// memory.cpp
SKEP_CALL(bpf_probe_read);
SKEP_CALL(bpf_probe_read_kernel);
SKEP_CALL(bpf_probe_read_user);
SKEP_CALL(bpf_probe_read_str);
SKEP_CALL(bpf_probe_read_kernel_str);
SKEP_CALL(bpf_probe_read_user_str);
SKEP_CALL(bpf_probe_write_user);
SKEP_CALL(bpf_copy_from_user);
SKEP_CALL(bpf_copy_from_user_task);
SKEP_CALL(bpf_copy_from_user_str);

// objects.cpp
SKEP_CALL(bpf_obj_new);
SKEP_CALL(bpf_obj_new_impl);
SKEP_CALL(bpf_obj_drop);
SKEP_CALL(bpf_obj_drop_impl);
SKEP_CALL(bpf_percpu_obj_new);
SKEP_CALL(bpf_percpu_obj_new_impl);
SKEP_CALL(bpf_percpu_obj_drop);
SKEP_CALL(bpf_percpu_obj_drop_impl);
SKEP_CALL(bpf_refcount_acquire);
SKEP_CALL(bpf_refcount_acquire_impl);
SKEP_CALL(bpf_kptr_xchg);
SKEP_CALL(bpf_rdonly_cast);

// packet.cpp
SKEP_CALL(bpf_skb_load_bytes);
SKEP_CALL(bpf_skb_load_bytes_relative);
SKEP_CALL(bpf_skb_store_bytes);
SKEP_CALL(bpf_skb_pull_data);
SKEP_CALL(bpf_l3_csum_replace);
SKEP_CALL(bpf_l4_csum_replace);
SKEP_CALL(bpf_csum_diff);
SKEP_CALL(bpf_csum_update);
SKEP_CALL(bpf_csum_level);
SKEP_CALL(bpf_skb_change_tail);
SKEP_CALL(bpf_skb_change_head);
SKEP_CALL(bpf_skb_change_type);
SKEP_CALL(bpf_get_hash_recalc);
SKEP_CALL(bpf_redirect);
SKEP_CALL(bpf_xdp_get_buff_len);
SKEP_CALL(bpf_xdp_load_bytes);
SKEP_CALL(bpf_xdp_store_bytes);
SKEP_CALL(bpf_xdp_adjust_head);
SKEP_CALL(bpf_xdp_adjust_tail);
SKEP_CALL(bpf_xdp_adjust_meta);

// sections.cpp
SKEP_CALL(bpf_spin_lock);
SKEP_CALL(bpf_spin_unlock);
SKEP_CALL(bpf_res_spin_lock);
SKEP_CALL(bpf_res_spin_unlock);
SKEP_CALL(bpf_res_spin_lock_irqsave);
SKEP_CALL(bpf_res_spin_unlock_irqrestore);
SKEP_CALL(bpf_rcu_read_lock);
SKEP_CALL(bpf_rcu_read_unlock);
SKEP_CALL(bpf_preempt_disable);
SKEP_CALL(bpf_preempt_enable);
SKEP_CALL(bpf_local_irq_save);
SKEP_CALL(bpf_local_irq_restore);
SKEP_CALL(bpf_throw);

// sockets.cpp
SKEP_CALL(bpf_sk_lookup_tcp);
SKEP_CALL(bpf_sk_lookup_udp);
SKEP_CALL(bpf_skc_lookup_tcp);
SKEP_CALL(bpf_sk_release);
SKEP_CALL(bpf_sk_fullsock);
SKEP_CALL(bpf_tcp_sock);
SKEP_CALL(bpf_get_listener_sock);
SKEP_CALL(bpf_skc_to_tcp_sock);

// strings.cpp
SKEP_CALL(bpf_strcmp);
SKEP_CALL(bpf_strcasecmp);
SKEP_CALL(bpf_strncasecmp);
SKEP_CALL(bpf_strlen);
SKEP_CALL(bpf_strnlen);
SKEP_CALL(bpf_strchr);
SKEP_CALL(bpf_strchrnul);
SKEP_CALL(bpf_strnchr);
SKEP_CALL(bpf_strspn);
SKEP_CALL(bpf_strcspn);
SKEP_CALL(bpf_strstr);
SKEP_CALL(bpf_strcasestr);
SKEP_CALL(bpf_strnstr);
SKEP_CALL(bpf_strncasestr);
SKEP_CALL(bpf_strrchr);
SKEP_CALL(bpf_strncmp);
SKEP_CALL(bpf_strtol);
SKEP_CALL(bpf_strtoul);

// tasks.cpp
SKEP_CALL(bpf_get_current_task);
SKEP_CALL(bpf_get_current_task_btf);
SKEP_CALL(bpf_task_acquire);
SKEP_CALL(bpf_task_release);
SKEP_CALL(bpf_task_from_pid);
SKEP_CALL(bpf_task_storage_get);
SKEP_CALL(bpf_task_storage_delete);
SKEP_CALL(bpf_sk_storage_get);
SKEP_CALL(bpf_sk_storage_delete);

// timer.cpp
SKEP_CALL(bpf_timer_init);
SKEP_CALL(bpf_timer_set_callback);
SKEP_CALL(bpf_timer_start);
SKEP_CALL(bpf_timer_cancel);

// wq.cpp
SKEP_CALL(bpf_wq_init);
SKEP_CALL(bpf_wq_set_callback);
SKEP_CALL(bpf_wq_set_callback_impl);
SKEP_CALL(bpf_wq_start);

}  // namespace skep::calls::impl
