//! Settings of a training that cannot be: all of them are said at once, each where it is written.

use crate::world::check;
use expect_test::expect;

/// Everything at once, each where it is written.
#[test]
fn an_optimizer_with_settings_that_cannot_be() {
    let adam = "optimizer = { adam = { lr = 0.003 } }";
    check(
        adam,
        "optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }",
        expect![[r#"
            error: stage `cnn` (train): the learning rate is -1, and must be above 0
              --> pipeline.toml:23:29
               |
            23 | optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }
               |                             ^^ here
               |
               = help: 0.001 is a good start

            error: stage `cnn` (train): `beta1` is 1, and must be at least 0 and below 1
              --> pipeline.toml:23:41
               |
            23 | optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }
               |                                         ^^^ here

            error: stage `cnn` (train): `beta2` is 2, and must be at least 0 and below 1
              --> pipeline.toml:23:54
               |
            23 | optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }
               |                                                      ^ here

            error: stage `cnn` (train): `eps` is -1e-8, and must be above 0
              --> pipeline.toml:23:63
               |
            23 | optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }
               |                                                               ^^^^^ here

            error: stage `cnn` (train): the weight decay is -0.1, and must be 0 or more
              --> pipeline.toml:23:85
               |
            23 | optimizer = { adam = { lr = -1, beta1 = 1.0, beta2 = 2, eps = -1e-8, weight_decay = -0.1 } }
               |                                                                                     ^^^^ here

            5 problems; nothing was run
        "#]],
    );
    check(
        adam,
        "optimizer = { sgd = { lr = inf, momentum = 1.5, dampening = -1, nesterov = true } }",
        expect![[r#"
            error: stage `cnn` (train): the learning rate is inf, and must be a finite number above 0
              --> pipeline.toml:23:28
               |
            23 | optimizer = { sgd = { lr = inf, momentum = 1.5, dampening = -1, nesterov = true } }
               |                            ^^^ here
               |
               = help: 0.001 is a good start

            error: stage `cnn` (train): the momentum is 1.5, and must be at least 0 and below 1
              --> pipeline.toml:23:44
               |
            23 | optimizer = { sgd = { lr = inf, momentum = 1.5, dampening = -1, nesterov = true } }
               |                                            ^^^ here

            error: stage `cnn` (train): the dampening is -1, and must be between 0 and 1
              --> pipeline.toml:23:61
               |
            23 | optimizer = { sgd = { lr = inf, momentum = 1.5, dampening = -1, nesterov = true } }
               |                                                             ^^ here

            error: stage `cnn` (train): Nesterov's momentum needs a momentum and no dampening
              --> pipeline.toml:23:76
               |
            23 | optimizer = { sgd = { lr = inf, momentum = 1.5, dampening = -1, nesterov = true } }
               |                                                                            ^^^^ here
               |
               = help: `momentum = 0.9` is usual

            error: a point of `search` (train): expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`, found 2 keys
              --> pipeline.toml:31:10
               |
            31 | grid = { "optimizer.adam.lr" = [0.01, 0.001] }
               |          ^^^^^^^^^^^^^^^^^^^ expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`

            5 problems; nothing was run
        "#]],
    );
    check(
        adam,
        "optimizer = { adamw = { lr = nan, weight_decay = -1 } }\nclip = { norm = 0 }",
        expect![[r#"
            error: stage `cnn` (train): the learning rate is NaN, and must be a finite number above 0
              --> pipeline.toml:23:30
               |
            23 | optimizer = { adamw = { lr = nan, weight_decay = -1 } }
               |                              ^^^ here
               |
               = help: 0.001 is a good start

            error: stage `cnn` (train): the weight decay is -1, and must be 0 or more
              --> pipeline.toml:23:50
               |
            23 | optimizer = { adamw = { lr = nan, weight_decay = -1 } }
               |                                                  ^^ here

            error: stage `cnn` (train): the norm is 0, and must be above 0
              --> pipeline.toml:24:17
               |
            24 | clip = { norm = 0 }
               |                 ^ here

            error: a point of `search` (train): expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`, found 2 keys
              --> pipeline.toml:32:10
               |
            32 | grid = { "optimizer.adam.lr" = [0.01, 0.001] }
               |          ^^^^^^^^^^^^^^^^^^^ expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`

            4 problems; nothing was run
        "#]],
    );
    check(
        adam,
        "optimizer = { rmsprop = { alpha = 1 } }\nclip = { value = -0.5 }",
        expect![[r#"
        error: stage `cnn` (train): `alpha` is 1, and must be at least 0 and below 1
          --> pipeline.toml:23:35
           |
        23 | optimizer = { rmsprop = { alpha = 1 } }
           |                                   ^ here

        error: stage `cnn` (train): the limit is -0.5, and must be above 0
          --> pipeline.toml:24:18
           |
        24 | clip = { value = -0.5 }
           |                  ^^^^ here

        error: a point of `search` (train): expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`, found 2 keys
          --> pipeline.toml:32:10
           |
        32 | grid = { "optimizer.adam.lr" = [0.01, 0.001] }
           |          ^^^^^^^^^^^^^^^^^^^ expected a table with one key: `adam`, `adamw`, `sgd` or `rmsprop`

        3 problems; nothing was run
    "#]],
    );
}

#[test]
fn a_schedule_that_cannot_be() {
    let from = "epochs = 2\n";
    check(
        from,
        "schedule = { step = { every = 5, factor = 0 } }\nwarmup = { from = 2 }\n",
        expect![[r#"
            error: stage `cnn` (train): the factor is 0, and must be above 0
              --> pipeline.toml:26:43
               |
            26 | schedule = { step = { every = 5, factor = 0 } }
               |                                           ^ here

            error: stage `cnn` (train): the warm-up has no length
              --> pipeline.toml:27:10
               |
            27 | warmup = { from = 2 }
               |          ^^^^^^^^^^^^ here
               |
               = help: say how long: `warmup = { epochs = 1 }`, or `{ steps = 500 }`

            error: stage `cnn` (train): the share to start from is 2, and must be between 0 and 1
              --> pipeline.toml:27:19
               |
            27 | warmup = { from = 2 }
               |                   ^ here

            3 problems; nothing was run
        "#]],
    );
    check(
        from,
        "schedule = { step = { every = 0 } }\n",
        expect![[r#"
        error: stage `cnn` (train): must be at least 1
          --> pipeline.toml:26:31
           |
        26 | schedule = { step = { every = 0 } }
           |                               ^ here
    "#]],
    );
    check(
        from,
        "schedule = { milestones = { at = [5, 3] } }\n",
        expect![[r#"
        error: stage `cnn` (train): the milestones are [5, 3], and must rise from 1 or more
          --> pipeline.toml:26:34
           |
        26 | schedule = { milestones = { at = [5, 3] } }
           |                                  ^^^^^^ here
           |
           = help: after 10 and 15 epochs: `at = [10, 15]`
    "#]],
    );
    check(
        from,
        "schedule = { cosine = { floor = 0.01 } }\n",
        expect![[r#"
        error: stage `cnn` (train): the floor is 0.01, above the learning rate 0.003
          --> pipeline.toml:26:33
           |
        26 | schedule = { cosine = { floor = 0.01 } }
           |                                 ^^^^ here
           |
           = help: the schedule goes down to it: give a smaller one

        error: a point of `search` (train): the floor is 0.01, above the learning rate 0.001
          --> pipeline.toml:26:33
           |
        26 | schedule = { cosine = { floor = 0.01 } }
           |                                 ^^^^ here
           |
           = help: the schedule goes down to it: give a smaller one

        2 problems; nothing was run
    "#]],
    );
    check(
        from,
        "schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }\n",
        expect![[r#"
            error: stage `cnn` (train): `pct_start` is 1.5, and must be between 0 and 1
              --> pipeline.toml:26:40
               |
            26 | schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }
               |                                        ^^^ here

            error: stage `cnn` (train): `div_factor` is 0, and must be above 0
              --> pipeline.toml:26:58
               |
            26 | schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }
               |                                                          ^ here

            error: stage `cnn` (train): `final_div_factor` is -1, and must be above 0
              --> pipeline.toml:26:80
               |
            26 | schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }
               |                                                                                ^^ here

            error: stage `cnn` (train): `base_momentum` is 1, and must be above 0 and below 1
              --> pipeline.toml:26:100
               |
            26 | schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }
               |                                                                                                    ^ here

            error: stage `cnn` (train): `max_momentum` is 0, and must be above 0 and below 1
              --> pipeline.toml:26:118
               |
            26 | schedule = { one_cycle = { pct_start = 1.5, div_factor = 0, final_div_factor = -1, base_momentum = 1, max_momentum = 0 } }
               |                                                                                                                      ^ here

            5 problems; nothing was run
        "#]],
    );
    check(
        from,
        "schedule = { reduce_on_plateau = { factor = 1, threshold = -1, min_lr = -1 } }\n",
        expect![[r#"
            error: stage `cnn` (train): the factor is 1, and must be above 0 and below 1
              --> pipeline.toml:26:45
               |
            26 | schedule = { reduce_on_plateau = { factor = 1, threshold = -1, min_lr = -1 } }
               |                                             ^ here

            error: stage `cnn` (train): the threshold is -1, and must be at least 0 and below 1
              --> pipeline.toml:26:60
               |
            26 | schedule = { reduce_on_plateau = { factor = 1, threshold = -1, min_lr = -1 } }
               |                                                            ^^ here

            error: stage `cnn` (train): the lowest learning rate is -1, and must be 0 or more
              --> pipeline.toml:26:73
               |
            26 | schedule = { reduce_on_plateau = { factor = 1, threshold = -1, min_lr = -1 } }
               |                                                                         ^^ here

            3 problems; nothing was run
        "#]],
    );
    check(
        from,
        "schedule = \"linear\"\n",
        expect![[r#"
        error: stage `cnn` (train): `linear` is not a choice here
          --> pipeline.toml:26:12
           |
        26 | schedule = "linear"
           |            ^^^^^^^^ expected `constant`, `step`, `milestones`, `cosine`, `one_cycle` or `reduce_on_plateau`
           |
           = help: known here: `constant`, `step`, `milestones`, `cosine`, `one_cycle` and `reduce_on_plateau`
    "#]],
    );
}

#[test]
fn a_loss_that_cannot_be() {
    let from = "epochs = 2\n";
    check(
        from,
        "loss = { binary_crossentropy = { positive_weight = 0, label_smoothing = 1 } }\n",
        expect![[r#"
            error: stage `cnn` (train): the weight of class 1 is 0, and must be above 0
              --> pipeline.toml:26:52
               |
            26 | loss = { binary_crossentropy = { positive_weight = 0, label_smoothing = 1 } }
               |                                                    ^ here

            error: stage `cnn` (train): the label smoothing is 1, and must be at least 0 and below 1
              --> pipeline.toml:26:73
               |
            26 | loss = { binary_crossentropy = { positive_weight = 0, label_smoothing = 1 } }
               |                                                                         ^ here

            2 problems; nothing was run
        "#]],
    );
    check(
        from,
        "loss = { binary_crossentropy = { positive_weight = \"equal\" } }\n",
        expect![[r#"
            error: stage `cnn` (train): expected a number or `"balanced"`, found the string "equal"
              --> pipeline.toml:26:52
               |
            26 | loss = { binary_crossentropy = { positive_weight = "equal" } }
               |                                                    ^^^^^^^ expected a number or `"balanced"`
        "#]],
    );
    check(
        from,
        "loss = \"hinge\"\n",
        expect![[r#"
        error: stage `cnn` (train): `hinge` is not a choice here
          --> pipeline.toml:26:8
           |
        26 | loss = "hinge"
           |        ^^^^^^^ expected `binary_crossentropy`
           |
           = help: known here: `binary_crossentropy`
    "#]],
    );
    check(
        from,
        "early_stopping = { min_delta = -1 }\n",
        expect![[r#"
        error: stage `cnn` (train): `min_delta` is -1, and must be 0 or more
          --> pipeline.toml:26:32
           |
        26 | early_stopping = { min_delta = -1 }
           |                                ^^ here
    "#]],
    );
}
