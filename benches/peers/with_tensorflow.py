"""TensorFlow's side, through Keras: `with_tensorflow.py THREADS`. Maps are NHWC, as it prefers."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import tensorflow as tf
from keras import layers as L

from serve import serve

THREADS = int(sys.argv[1])
tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(THREADS)


def conv(x, filters, kernel=3, stride=1, bias=False):
    return L.Conv2D(filters, kernel, stride, padding="same", use_bias=bias)(x)


def norm(x):
    return L.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def basic(x):
    for filters in (32, 64, 128):
        x = L.MaxPooling2D(2)(L.ReLU()(conv(x, filters, bias=True)))
    x = L.Dropout(0.5)(L.Dense(128, activation="relu")(L.Flatten()(x)))
    return L.Dense(1)(x)


def bn(x):
    for filters in (32, 64, 128):
        for _ in range(2):
            x = L.ReLU()(norm(conv(x, filters)))
        x = L.Dropout(0.2)(L.MaxPooling2D(2)(x))
    return L.Dense(1)(L.GlobalAveragePooling2D()(x))


def resnet18(x):
    x = L.ReLU()(norm(conv(x, 64, 7, 2)))
    x = L.MaxPooling2D(3, 2, padding="same")(x)
    for stage, filters in enumerate((64, 128, 256, 512)):
        for index in range(2):
            stride = 2 if stage > 0 and index == 0 else 1
            y = L.ReLU()(norm(conv(x, filters, 3, stride)))
            y = norm(conv(y, filters))
            if stride == 2:
                x = norm(conv(x, filters, 1, 2))
            x = L.ReLU()(L.Add()([x, y]))
    return L.Dense(1)(L.GlobalAveragePooling2D()(x))


def vgg11_bn(x):
    for stage, filters in enumerate((64, 128, 256, 512, 512)):
        for _ in range(1 if stage < 2 else 2):
            x = L.ReLU()(norm(conv(x, filters, bias=True)))
        x = L.MaxPooling2D(2)(x)
    return L.Dense(1)(L.GlobalAveragePooling2D()(x))


NETWORKS = {"basic": basic, "bn": bn, "resnet18": resnet18, "vgg11_bn": vgg11_bn}


def open_network(name, batch):
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    images = keras.Input((96, 96, 3))
    network = keras.Model(images, NETWORKS[name](images))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(network.trainable_variables)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    x = tf.random.uniform((batch, 96, 96, 3))
    y = tf.cast(tf.range(batch) % 2, tf.float32)[:, None]

    @tf.function
    def train(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, network(x, training=True))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, variables), variables))
        return value

    @tf.function
    def infer(x):
        return network(x, training=False)

    # `.numpy()` waits for the result.
    return (lambda: train(x, y).numpy()), (lambda: infer(x).numpy())


serve(open_network, {"train": lambda state: state[0](), "infer": lambda state: state[1]()})
