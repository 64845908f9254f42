# fish completion for inferway

complete -c inferway -f
complete -c inferway -n __fish_use_subcommand -a serve -d 'run the gateway'
complete -c inferway -n __fish_use_subcommand -a check -d 'validate a configuration and print its routes'
complete -c inferway -n __fish_use_subcommand -a explain -d 'say which route a request takes, and why'
complete -c inferway -n __fish_use_subcommand -a health -d 'ask a running gateway whether it is ready'
complete -c inferway -n __fish_use_subcommand -a mock -d 'a model server double'
complete -c inferway -n __fish_use_subcommand -a version -d 'print the version'
complete -c inferway -n __fish_use_subcommand -a help -d 'print the commands'

complete -c inferway -n '__fish_seen_subcommand_from serve check explain health mock' -l help -d 'print the usage'
complete -c inferway -n '__fish_seen_subcommand_from serve check explain health' -l config -rF -d 'the configuration'
complete -c inferway -n '__fish_seen_subcommand_from check explain' -l format -x -a 'text json' -d 'how to print'
complete -c inferway -n '__fish_seen_subcommand_from explain' -l model -x -d 'the model asked for'
complete -c inferway -n '__fish_seen_subcommand_from explain' -l header -x -d 'a header of the request'
complete -c inferway -n '__fish_seen_subcommand_from explain' -l body -rF -d 'the body of the request'
complete -c inferway -n '__fish_seen_subcommand_from health' -l address -x -d 'the admin port'
complete -c inferway -n '__fish_seen_subcommand_from health' -l live -d 'alive is enough'
complete -c inferway -n '__fish_seen_subcommand_from health' -l timeout -x -d 'how long it may take'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l listen -x -d where
complete -c inferway -n '__fish_seen_subcommand_from mock' -l model -x -d 'a model it knows'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l first-token -x -d 'until the head of an answer'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l token-interval -x -d 'between two tokens'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l tokens -x -d 'how many an answer has'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l status -x -d 'answer every call with it'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l fail-rate -x -d 'share of calls that fail'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l cut-after -x -d 'close after so many tokens'
complete -c inferway -n '__fish_seen_subcommand_from mock' -l seed -x -d 'another text'
